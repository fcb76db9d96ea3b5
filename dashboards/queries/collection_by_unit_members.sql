-- reads: bills, payment_applications
-- One row per agent, outlet and customer class with issued bills of one business unit in one period, the largest receivable first.
with received as (
    select
        account_id,
        billing_period,
        sum(amount) as amount
    from payment_applications
    where billing_period = $period
    group by account_id, billing_period
),

unit_bills as (
    select
        coalesce(bills.agent_id, 'unassigned') as agent_id,
        coalesce(bills.outlet_id, 'unassigned') as outlet_id,
        coalesce(bills.customer_class, 'unassigned') as customer_class,
        bills.amount as receivable,
        coalesce(received.amount, 0) as received
    from bills
    left join received on bills.account_id = received.account_id and bills.billing_period = received.billing_period
    where
        bills.billing_period = $period
        and not bills.is_provisional
        and coalesce(bills.business_unit_id, 'unassigned') = $unit
),

members as (
    select
        'agent' as dimension,
        agent_id as dimension_id,
        receivable,
        received
    from unit_bills
    union all
    select
        'outlet' as dimension,
        outlet_id as dimension_id,
        receivable,
        received
    from unit_bills
    union all
    select
        'customer_class' as dimension,
        customer_class as dimension_id,
        receivable,
        received
    from unit_bills
)

select
    dimension,
    dimension_id,
    cast(count(*) as bigint) as bills,
    cast(sum(receivable) as decimal(18, 2)) as receivable,
    cast(sum(received) as decimal(18, 2)) as received,
    cast(sum(received) as double) / cast(nullif(sum(receivable), 0) as double) as collection_rate
from members
group by dimension, dimension_id
order by dimension asc, receivable desc, dimension_id asc
