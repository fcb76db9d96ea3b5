-- One row per charged number of the suspended calls, with its range in the numbering plan, null if it is in none.
with numbers as (
    select
        charged_number,
        cast(length(charged_number) as integer) as number_length
    from {{ ref('int_calls_suspended') }}
    where charged_number is not null
    group by charged_number
),
placed as (
    select
        numbers.charged_number,
        min(ranges.range_start) as range_start
    from numbers
    left join {{ ref('int_number_ranges') }} as ranges
        on
            numbers.number_length = ranges.number_length
            and numbers.charged_number >= ranges.range_start
            and numbers.charged_number <= ranges.range_end
    group by numbers.charged_number
)
select
    placed.charged_number,
    placed.range_start,
    ranges.exchange_id,
    ranges.business_unit_id,
    ranges.tariff_plan_id
from placed
left join {{ ref('int_number_ranges') }} as ranges on placed.range_start = ranges.range_start
