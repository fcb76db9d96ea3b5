-- reads: bill_write_offs, bills, payment_applications
-- One row per bill of an account, the oldest first: what payments paid of it by the as-of date. A provisional one is open in full.
with applied as (
    select
        billing_period,
        sum(amount) as amount
    from payment_applications
    where account_id = $account
    group by billing_period
),

given_up as (
    select
        billing_period,
        sum(amount) as amount
    from bill_write_offs
    where account_id = $account
    group by billing_period
)

select
    bills.account_id,
    bills.billing_period,
    bills.customer_id,
    bills.customer_class,
    bills.business_unit_id,
    bills.outlet_id,
    bills.issued_on,
    bills.due_on,
    bills.is_provisional,
    bills.settling_account_id,
    bills.amount,
    cast(coalesce(applied.amount, 0) as decimal(18, 2)) as received,
    cast(coalesce(given_up.amount, 0) as decimal(18, 2)) as written_off,
    cast(bills.amount - coalesce(applied.amount, 0) - coalesce(given_up.amount, 0) as decimal(18, 2)) as open_amount
from bills
left join applied on bills.billing_period = applied.billing_period
left join given_up on bills.billing_period = given_up.billing_period
where bills.account_id = $account
order by bills.billing_period
