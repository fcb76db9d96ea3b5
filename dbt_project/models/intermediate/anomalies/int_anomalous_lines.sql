-- One row per (calling_number, found_at): a number with a reported anomaly at that time, its holder then, and the exchange
-- and unit of its range.
with found as (
    select calling_number, started_at as found_at from {{ ref('int_overlap_peaks') }}
    union
    select calling_number, hour as found_at from {{ ref('int_ultra_short_series') }}
    union
    select line_number as calling_number, started_at as found_at from {{ ref('int_over_long_calls') }} where line_number is not null
),
numbers as (
    select distinct calling_number, cast(length(calling_number) as integer) as number_length from found
),
placed as (
    select numbers.calling_number, min(ranges.range_start) as range_start
    from numbers
    inner join {{ ref('int_number_ranges') }} as ranges
        on
            numbers.number_length = ranges.number_length
            and numbers.calling_number >= ranges.range_start
            and numbers.calling_number <= ranges.range_end
    group by numbers.calling_number
)
select
    found.calling_number,
    found.found_at,
    holders.account_id,
    ranges.exchange_id,
    coalesce(holders.business_unit_id, ranges.business_unit_id) as business_unit_id,
    holders.outlet_id
from found
left join {{ ref('int_number_assignments') }} as holders
    on
        found.calling_number = holders.service_number
        and found.found_at >= holders.valid_from
        and found.found_at < holders.valid_to
left join placed on found.calling_number = placed.calling_number
left join {{ ref('int_number_ranges') }} as ranges on placed.range_start = ranges.range_start
