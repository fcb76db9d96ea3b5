{{ config(materialized='replaced_by_day') }}
-- One row per call (call_id) that lasted longer than the book's over_long_seconds.
select
    judged.call_date,
    judged.call_id,
    judged.switch_id,
    judged.calling_number,
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
