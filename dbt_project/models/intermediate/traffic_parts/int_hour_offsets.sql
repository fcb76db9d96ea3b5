-- One row per further clock hour that a call can reach, counted from the hour it began in: 24, as a record has at most 24
-- hours, or as many as the longest call reaches that was joined from pieces.
with recursive longest as (
    select greatest(24, coalesce(max({{ int_div('joined_seconds + 3598', '3600') }}), 0)) as hours
    from {{ source('raw', 'joined_pieces') }}
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
