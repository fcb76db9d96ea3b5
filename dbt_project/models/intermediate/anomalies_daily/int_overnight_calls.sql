{{ config(materialized='replaced_by_day') }}
-- One row per answered call that keeps one of our lines busy (call_id) and was still up after midnight; last_day is the last
-- day that has a second of it.
with calls as (
    select
        call_date,
        calling_number,
        call_id,
        started_at,
        {{ add_seconds('started_at', 'duration_seconds') }} as ended_at,
        cast({{ add_seconds('started_at', 'duration_seconds - 1') }} as date) as last_day
    from {{ ref('int_calls_judged') }}
    where
        {{ keeps_line_busy() }}
        and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
)
select * from calls where last_day > call_date
