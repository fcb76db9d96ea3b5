-- reads: bill_write_offs, bills, payment_applications
-- One row per bill that is to pay, the oldest first: issued ones of the account that are not paid in full, and the bill of $period in any
-- case. With $is_now those too that are not issued yet, and the bills of every account that $payer pays.
with applied as (
    select
        account_id,
        billing_period,
        sum(amount) as amount
    from payment_applications
    group by account_id, billing_period
),

given_up as (
    select
        account_id,
        billing_period,
        sum(amount) as amount
    from bill_write_offs
    group by account_id, billing_period
)

select
    bills.account_id,
    bills.billing_period,
    bills.issued_on,
    bills.due_on,
    bills.is_provisional,
    bills.amount,
    cast(coalesce(applied.amount, 0) as decimal(18, 2)) as received,
    cast(coalesce(given_up.amount, 0) as decimal(18, 2)) as written_off,
    cast(bills.amount - coalesce(applied.amount, 0) - coalesce(given_up.amount, 0) as decimal(18, 2)) as open_amount
from bills
left join applied on bills.account_id = applied.account_id and bills.billing_period = applied.billing_period
left join given_up on bills.account_id = given_up.account_id and bills.billing_period = given_up.billing_period
where
    (bills.account_id = $account or ($is_now and bills.settling_account_id = $payer))
    and (
        (bills.billing_period = $period and bills.account_id = $account)
        or (bills.is_provisional and $is_now)
        or (not bills.is_provisional and bills.amount <> coalesce(applied.amount, 0) + coalesce(given_up.amount, 0))
    )
order by bills.billing_period, bills.account_id
