-- reads: bills, payment_applications
-- One row per period between two with issued bills: bills, customers, what was billed and received.
with received as (
    select
        account_id,
        billing_period,
        sum(amount) as amount
    from payment_applications
    where billing_period between $first_period and $last_period
    group by account_id, billing_period
)

select
    bills.billing_period,
    cast(count(*) as bigint) as bills,
    cast(count(distinct bills.customer_id) as bigint) as customers,
    cast(sum(bills.amount) as decimal(18, 2)) as receivable,
    cast(sum(coalesce(received.amount, 0)) as decimal(18, 2)) as received
from bills
left join received on bills.account_id = received.account_id and bills.billing_period = received.billing_period
where bills.billing_period between $first_period and $last_period and not bills.is_provisional
group by bills.billing_period
order by bills.billing_period
