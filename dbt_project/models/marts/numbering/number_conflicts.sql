-- One row per (service_number, kind): a service number with data that contradict each other. outlet_id is that of the newest
-- order concerned.
with intervals as (
    select
        service_number,
        account_id,
        valid_from,
        coalesce(valid_to, cast({{ end_of_time() }} as timestamp)) as valid_to
    from {{ ref('int_number_intervals') }}
    where valid_to is null or valid_from < valid_to
),
ordered as (
    select
        *,
        max(valid_to) over (
            partition by service_number order by valid_from, valid_to, account_id
            rows between unbounded preceding and 1 preceding
        ) as held_until
    from intervals
),
double_assignments as (
    select distinct service_number from ordered where valid_from < held_until
),
orders as (
    select
        orders.*,
        outlets.sales_area_id
    from {{ ref('stg_crm__number_orders') }} as orders
    left join {{ ref('outlets') }} as outlets on orders.outlet_id = outlets.outlet_id
),
open_orders as (
    select
        service_number,
        outlet_id,
        count(*) over (partition by service_number) as open_count,
        row_number() over (partition by service_number order by ordered_at desc, order_id desc) as order_rank
    from orders
    where status = 'open'
),
other_area_orders as (
    select
        orders.service_number,
        orders.outlet_id,
        row_number() over (partition by orders.service_number order by orders.ordered_at desc, orders.order_id desc) as order_rank
    from orders
    inner join {{ ref('int_numbers_in_ranges') }} as ranges on orders.service_number = ranges.service_number
    where orders.status <> 'cancelled' and orders.sales_area_id <> ranges.sales_area_id
)
select double_assignments.service_number, 'double_assignment' as kind, newest.outlet_id
from double_assignments
left join {{ ref('int_newest_orders') }} as newest on double_assignments.service_number = newest.service_number
union all
select service_number, 'double_order' as kind, outlet_id
from open_orders
where open_count > 1 and order_rank = 1
union all
select ranges.service_number, 'number_outside_range' as kind, newest.outlet_id
from {{ ref('int_numbers_in_ranges') }} as ranges
left join {{ ref('int_newest_orders') }} as newest on ranges.service_number = newest.service_number
where ranges.range_start is null
union all
select service_number, 'number_other_area' as kind, outlet_id
from other_area_orders
where order_rank = 1
