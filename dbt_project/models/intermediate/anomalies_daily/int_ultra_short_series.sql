{{ config(materialized='replaced_by_day') }}
-- One row per (switch_id, calling_number, hour): a number that made more ultra-short calls on a switch in one clock hour
-- than the book allows. An ultra-short call is an answered call of at most the book's seconds. Calls of withheld numbers do
-- not count.
with calls as (
    select
        judged.call_date,
        judged.switch_id,
        judged.calling_number,
        cast(date_trunc('hour', judged.started_at) as timestamp) as hour,
        judged.started_at,
        judged.call_id,
        thresholds.ultra_short_seconds,
        thresholds.ultra_short_calls
    from {{ ref('int_calls_judged') }} as judged
    cross join {{ ref('int_anomaly_thresholds') }} as thresholds
    where
        {{ is_traffic('judged') }}
        and judged.calling_number <> ''
        and judged.duration_seconds > 0
        and judged.duration_seconds <= thresholds.ultra_short_seconds
        and judged.call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
),
series as (
    select
        call_date,
        switch_id,
        calling_number,
        hour,
        min(ultra_short_seconds) as ultra_short_seconds,
        min(ultra_short_calls) as ultra_short_calls,
        cast(count(*) as bigint) as calls
    from calls
    group by call_date, switch_id, calling_number, hour
    having count(*) > min(ultra_short_calls)
),
ranked as (
    select
        calls.switch_id,
        calls.calling_number,
        calls.hour,
        calls.call_id,
        row_number() over (
            partition by calls.switch_id, calls.calling_number, calls.hour order by calls.started_at, calls.call_id
        ) as place
    from calls
    inner join series
        on calls.switch_id = series.switch_id and calls.calling_number = series.calling_number and calls.hour = series.hour
),
samples as (
    select switch_id, calling_number, hour, {{ joined_text('call_id', ', ', 'place') }} as call_ids
    from ranked
    where place <= 5
    group by switch_id, calling_number, hour
)
select
    series.call_date,
    series.switch_id,
    series.calling_number,
    series.hour,
    series.ultra_short_seconds,
    series.ultra_short_calls,
    series.calls,
    samples.call_ids
from series
inner join samples
    on series.switch_id = samples.switch_id and series.calling_number = samples.calling_number and series.hour = samples.hour
