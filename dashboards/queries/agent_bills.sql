-- reads: bill_write_offs, bills, payment_applications
-- One row per bill of an agent in a period, what is open on top: what was received on it by the as-of date, what was written
-- off, and what is open.
with received as (
    select
        account_id,
        sum(amount) as amount
    from payment_applications
    where billing_period = $period
    group by account_id
),

given_up as (
    select
        account_id,
        sum(amount) as amount
    from bill_write_offs
    where billing_period = $period
    group by account_id
)

select
    bills.account_id,
    bills.customer_class,
    bills.business_unit_id,
    bills.outlet_id,
    bills.due_on,
    bills.amount,
    cast(coalesce(received.amount, 0) as decimal(18, 2)) as received,
    cast(coalesce(given_up.amount, 0) as decimal(18, 2)) as written_off,
    cast(bills.amount - coalesce(received.amount, 0) - coalesce(given_up.amount, 0) as decimal(18, 2)) as open_amount
from bills
left join received on bills.account_id = received.account_id
left join given_up on bills.account_id = given_up.account_id
where bills.agent_id = $agent and bills.billing_period = $period and not bills.is_provisional
order by open_amount desc, bills.account_id asc
