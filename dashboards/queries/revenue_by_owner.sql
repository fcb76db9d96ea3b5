-- reads: bills
-- One row per business unit and customer class of a period's bills: how many, and their amount.
select
    coalesce(business_unit_id, 'unassigned') as business_unit_id,
    coalesce(customer_class, 'unassigned') as customer_class,
    cast(count(*) as bigint) as bills,
    cast(sum(amount) as decimal(18, 2)) as amount
from bills
where
    billing_period = $period
    and ($unit is null or coalesce(business_unit_id, 'unassigned') = $unit)
    and ($customer_class is null or coalesce(customer_class, 'unassigned') = $customer_class)
group by coalesce(business_unit_id, 'unassigned'), coalesce(customer_class, 'unassigned')
order by business_unit_id, customer_class
