-- reads: bill_write_offs, bills, payment_applications
-- One row per bill of a period: what payments paid of it by the as-of date, what was written off, and what is open. A provisional bill
-- is no receivable yet and has nothing open. $agent null: every agent.
with applied as (
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
    bills.billing_period,
    bills.account_id,
    bills.customer_id,
    bills.customer_class,
    bills.business_unit_id,
    bills.outlet_id,
    bills.agent_id,
    bills.issued_on,
    bills.due_on,
    bills.is_provisional,
    bills.amount,
    cast(coalesce(applied.amount, 0) as decimal(18, 2)) as received,
    cast(coalesce(given_up.amount, 0) as decimal(18, 2)) as written_off,
    case
        when not bills.is_provisional
            then cast(bills.amount - coalesce(applied.amount, 0) - coalesce(given_up.amount, 0) as decimal(18, 2))
    end as open_amount
from bills
left join applied on bills.account_id = applied.account_id
left join given_up on bills.account_id = given_up.account_id
where bills.billing_period = $period and ($agent is null or bills.agent_id = $agent)
order by bills.account_id
