-- reads: customer_counts
-- One row per period, business unit and customer class between two periods: customers with a bill.
select
    billing_period,
    business_unit_id,
    customer_class,
    customers
from customer_counts
where
    billing_period between $first_period and $last_period
    and ($unit is null or business_unit_id = $unit)
order by billing_period asc, business_unit_id asc, customer_class asc
