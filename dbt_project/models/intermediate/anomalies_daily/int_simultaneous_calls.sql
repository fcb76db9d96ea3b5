{{ config(materialized='replaced_by_day') }}
-- One row per call (call_id) that began while another call of its number, begun on the same day, was up. Only answered calls
-- that keep one of our lines busy count. The number of channels is looked up later, in all exports.
with calls as (
    select
        call_date as on_day,
        calling_number,
        call_id,
        started_at,
        started_at_utc,
        duration_seconds
    from {{ ref('int_calls_judged') }}
    where
        {{ keeps_line_busy() }}
        and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
),
{{ clock_changes('call_date in (select stale.call_date from ' ~ source('raw', 'stale_days') ~ ' as stale)') }},
-- On such a day calls are compared on one clock that was not changed.
placed as (
    select
        calls.on_day,
        calls.calling_number,
        calls.call_id,
        calls.started_at as shown_at,
        calls.duration_seconds,
        coalesce(calls.started_at_utc + clock_changes.offset_at_start, calls.started_at) as started_at
    from calls
    left join clock_changes on calls.on_day = clock_changes.on_day
),
ended as (
    select
        *,
        {{ add_seconds('started_at', 'duration_seconds') }} as ended_at
    from placed
),
beside_others as (
    select
        *,
        max(ended_at) over (
            partition by on_day, calling_number order by started_at, call_id
            rows between unbounded preceding and 1 preceding
        ) as busy_until,
        lead(started_at) over (partition by on_day, calling_number order by started_at, call_id) as next_started_at
    from ended
),
-- A call that begins after all earlier calls have ended, and ends before the next begins, does not overlap another.
busy_calls as (
    select
        on_day,
        calling_number,
        call_id,
        started_at,
        ended_at,
        shown_at
    from beside_others
    where started_at < busy_until or next_started_at < ended_at
),
{{ simultaneous_calls('busy_calls') }}
select
    simultaneous.on_day as call_date,
    simultaneous.calling_number,
    simultaneous.call_id,
    busy_calls.shown_at as started_at,
    simultaneous.calls_at_once,
    simultaneous.overlapped_call_id
from simultaneous
inner join busy_calls on simultaneous.call_id = busy_calls.call_id
where simultaneous.calls_at_once > 1
