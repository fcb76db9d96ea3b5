-- One row per service number that is held or ordered (cancelled orders excluded), with its range, null if it is in none.
with numbers as (
    select service_number, cast(length(service_number) as integer) as number_length
    from (
        select service_number from {{ ref('int_number_intervals') }}
        union
        select service_number from {{ ref('stg_crm__number_orders') }} where status <> 'cancelled'
    ) as every_number
),
placed as (
    select
        numbers.service_number,
        min(ranges.range_start) as range_start
    from numbers
    left join {{ ref('int_number_ranges') }} as ranges
        on
            numbers.number_length = ranges.number_length
            and numbers.service_number >= ranges.range_start
            and numbers.service_number <= ranges.range_end
    group by numbers.service_number
)
select
    placed.service_number,
    placed.range_start,
    ranges.exchange_id,
    ranges.business_unit_id,
    ranges.sales_area_id
from placed
left join {{ ref('int_number_ranges') }} as ranges on placed.range_start = ranges.range_start
