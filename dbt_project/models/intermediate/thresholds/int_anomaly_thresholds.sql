-- One row per book, so one row: the limits above which calls are reported as anomalies. They are the warn_above of the
-- thresholds in force; an empty one reports nothing.
select
    max(case when gate_id = 'ultra_short_seconds' then warn_above end) as ultra_short_seconds,
    max(case when gate_id = 'ultra_short_calls' then warn_above end) as ultra_short_calls,
    max(case when gate_id = 'over_long_seconds' then warn_above end) as over_long_seconds,
    max(case when gate_id = 'unusual_traffic' then warn_above end) as unusual_traffic
from {{ source('raw', 'gate_thresholds') }}
