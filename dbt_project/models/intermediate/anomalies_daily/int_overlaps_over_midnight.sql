{{ config(materialized='replaced_by_day', and_later=true) }}
-- One row per call (call_id) of the days on which an overnight call of its number was still up, with the calls up when it
-- began, overnight calls included. These rows replace the rows of int_simultaneous_calls for the same numbers and days. An
-- overnight call affects later days only, so the days from the first stale day on are rebuilt.
with overnight as (
    select * from {{ ref('int_overnight_calls') }}
),
reached as (
    select distinct days.call_date as on_day, overnight.calling_number
    from overnight
    inner join {{ source('raw', 'call_days') }} as days
        on overnight.call_date < days.call_date and overnight.last_day >= days.call_date
    where days.call_date >= (select min(stale.call_date) from {{ source('raw', 'stale_days') }} as stale)
),
{{ clock_changes('call_date >= (select min(stale.call_date) from ' ~ source('raw', 'stale_days') ~ ' as stale)') }},
begun as (
    select
        reached.on_day,
        judged.calling_number,
        judged.call_id,
        judged.started_at as shown_at,
        judged.duration_seconds,
        coalesce(judged.started_at_utc + clock_changes.offset_at_start, judged.started_at) as started_at
    from {{ ref('int_calls_judged') }} as judged
    inner join reached on judged.calling_number = reached.calling_number and judged.call_date = reached.on_day
    left join clock_changes on reached.on_day = clock_changes.on_day
    where
        {{ keeps_line_busy('judged') }}
        and judged.call_date >= (select min(stale.call_date) from {{ source('raw', 'stale_days') }} as stale)
),
calls as (
    select
        on_day,
        calling_number,
        call_id,
        started_at,
        {{ add_seconds('started_at', 'duration_seconds') }} as ended_at
    from begun
    union all
    select
        reached.on_day,
        overnight.calling_number,
        overnight.call_id,
        overnight.started_at,
        overnight.ended_at
    from overnight
    inner join reached
        on
            overnight.calling_number = reached.calling_number
            and overnight.call_date < reached.on_day
            and overnight.last_day >= reached.on_day
),
{{ simultaneous_calls('calls') }}
select
    begun.on_day as call_date,
    begun.calling_number,
    begun.call_id,
    begun.shown_at as started_at,
    simultaneous.calls_at_once,
    simultaneous.overlapped_call_id
from simultaneous
inner join begun on simultaneous.call_id = begun.call_id and simultaneous.on_day = begun.on_day
