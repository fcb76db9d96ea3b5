-- One row per charged number that nobody holds at the time of its calls (calling_number is the charged number).
with numbers as (
    select
        charged_number as calling_number,
        cast(length(charged_number) as integer) as number_length,
        cast(count(*) as bigint) as calls,
        cast(sum(duration_seconds) as bigint) as seconds,
        min(started_at) as first_seen_at,
        max(started_at) as last_seen_at
    from {{ ref('suspended_calls') }}
    where state = 'undocumented'
    group by charged_number
),
placed as (
    select
        numbers.calling_number,
        min(ranges.range_start) as range_start
    from numbers
    inner join {{ ref('int_number_ranges') }} as ranges
        on
            numbers.number_length = ranges.number_length
            and numbers.calling_number >= ranges.range_start
            and numbers.calling_number <= ranges.range_end
    group by numbers.calling_number
)
select
    numbers.calling_number,
    numbers.calls,
    numbers.seconds,
    numbers.first_seen_at,
    numbers.last_seen_at,
    ranges.exchange_id,
    ranges.business_unit_id
from numbers
left join placed on numbers.calling_number = placed.calling_number
left join {{ ref('int_number_ranges') }} as ranges on placed.range_start = ranges.range_start
