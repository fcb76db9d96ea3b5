-- One row per (billing_period, business_unit_id, customer_class) of the ended periods: the number of customers with a bill,
-- by the bill's unit and class; `unassigned` where it has none. A bill without a customer is not counted.
select
    billing_period,
    {{ or_unassigned('business_unit_id') }} as business_unit_id,
    {{ or_unassigned('customer_class') }} as customer_class,
    cast(count(distinct customer_id) as bigint) as customers
from {{ ref('bills') }}
where not is_provisional and customer_id is not null
group by billing_period, {{ or_unassigned('business_unit_id') }}, {{ or_unassigned('customer_class') }}
