-- One row per further clock hour that a call can reach, counted from the hour in which it began: the rest of that day and
-- all days that the calls of a day reach at most.
with recursive longest as (
    select 24 * coalesce(max({{ days_between('call_date', 'last_day') }}), 1) + 23 as hours
    from {{ source('raw', 'call_days') }}
),
offsets as (
    select 1 as hour_offset
    union all
    select offsets.hour_offset + 1 as hour_offset
    from offsets
    cross join longest
    where offsets.hour_offset < longest.hours
)
select cast(hour_offset as integer) as hour_offset
from offsets
