-- One row per book, so one: from where on calls are reported as anomalies. A gate of gate_thresholds that the book has counts by its
-- warn_above, an empty one reports nothing; a gate that the book lacks has the default that stands here.
with book as (
    select
        max(case when gate_id = 'ultra_short_seconds' then 1 else 0 end) as has_short_seconds,
        max(case when gate_id = 'ultra_short_seconds' then warn_above end) as short_seconds,
        max(case when gate_id = 'ultra_short_calls' then 1 else 0 end) as has_short_calls,
        max(case when gate_id = 'ultra_short_calls' then warn_above end) as short_calls,
        max(case when gate_id = 'over_long_seconds' then 1 else 0 end) as has_long_seconds,
        max(case when gate_id = 'over_long_seconds' then warn_above end) as long_seconds,
        max(case when gate_id = 'unusual_traffic' then 1 else 0 end) as has_spreads,
        max(case when gate_id = 'unusual_traffic' then warn_above end) as spreads
    from {{ ref('gate_thresholds') }}
)
select
    cast(case when has_short_seconds = 1 then short_seconds else 3 end as decimal(18, 6)) as ultra_short_seconds,
    cast(case when has_short_calls = 1 then short_calls else 20 end as decimal(18, 6)) as ultra_short_calls,
    cast(case when has_long_seconds = 1 then long_seconds else 14400 end as decimal(18, 6)) as over_long_seconds,
    cast(case when has_spreads = 1 then spreads else 6 end as decimal(18, 6)) as unusual_traffic
from book
