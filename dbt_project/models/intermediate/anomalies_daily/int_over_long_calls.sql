{{ config(materialized='replaced_by_day') }}
-- One row per call (call_id) that lasted longer than the book's over_long_seconds. Its line is the caller's, or the number that
-- the record says pays; the line of a withheld number is not known.
select
    judged.call_date,
    judged.call_id,
    judged.switch_id,
    nullif(judged.calling_number, '') as calling_number,
    case when judged.is_charged_as_recorded then judged.charged_number else nullif(judged.calling_number, '') end as line_number,
    judged.called_number,
    judged.started_at,
    judged.duration_seconds,
    thresholds.over_long_seconds
from {{ ref('int_calls_judged') }} as judged
cross join {{ ref('int_anomaly_thresholds') }} as thresholds
where
    {{ is_traffic('judged') }}
    and judged.duration_seconds > thresholds.over_long_seconds
    and judged.call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
