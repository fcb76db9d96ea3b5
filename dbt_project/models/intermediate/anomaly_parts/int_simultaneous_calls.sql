{{ config(materialized='replaced_by_day') }}
-- One row per call (call_id) that began while another call of its number begun on the same day was up. Only answered
-- calls that keep a line of ours busy count. How many channels the number has is asked later, by the newest export.
with calls as (
    select
        call_date as on_day,
        calling_number,
        call_id,
        started_at,
        {{ add_seconds('started_at', 'duration_seconds') }} as ended_at
    from {{ ref('int_calls_judged') }}
    where
        {{ keeps_line_busy() }}
        and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
),
beside_others as (
    select
        *,
        max(ended_at) over (
            partition by on_day, calling_number order by started_at, call_id
            rows between unbounded preceding and 1 preceding
        ) as busy_until,
        lead(started_at) over (partition by on_day, calling_number order by started_at, call_id) as next_started_at
    from calls
),
-- A call that begins after all before it have ended, and ends before the next begins, is up with no other.
busy_calls as (
    select on_day, calling_number, call_id, started_at, ended_at
    from beside_others
    where started_at < busy_until or next_started_at < ended_at
),
{{ simultaneous_calls('busy_calls') }}
select
    on_day as call_date,
    calling_number,
    call_id,
    started_at,
    calls_at_once,
    overlapped_call_id
from simultaneous
where calls_at_once > 1
