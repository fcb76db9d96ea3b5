-- reads: bill_write_offs, bills, payment_applications
-- One row per bill of an account, the newest first: what payments paid of it, what was written off, and
-- what is open of an issued one.
with received as (
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
    bills.billing_period,
    bills.customer_id,
    bills.customer_class,
    bills.business_unit_id,
    bills.outlet_id,
    bills.agent_id,
    bills.issued_on,
    bills.due_on,
    bills.is_provisional,
    bills.amount,
    cast(coalesce(received.amount, 0) as decimal(18, 2)) as received,
    cast(coalesce(given_up.amount, 0) as decimal(18, 2)) as written_off,
    case
        when not bills.is_provisional
            then cast(bills.amount - coalesce(received.amount, 0) - coalesce(given_up.amount, 0) as decimal(18, 2))
    end as open_amount
from bills
left join received on bills.billing_period = received.billing_period
left join given_up on bills.billing_period = given_up.billing_period
where bills.account_id = $account
order by bills.billing_period desc
