-- One row per (billing_period, business_unit_id, customer_class) of the ended periods: customers with a bill.
select
    billing_period,
    business_unit_id,
    customer_class,
    cast(count(distinct customer_id) as bigint) as customers
from {{ ref('bills') }}
where not is_provisional and customer_id is not null
group by billing_period, business_unit_id, customer_class
