{{ config(materialized='view') }}
-- One row per (version_id, call_date, start_second, duration_seconds) of the records to be rated on the stale days that
-- int_single_band_hours does not show to be charged by two tiers of one band. These calls are separated before anything is
-- looked up for them. So all other calls do not wait in memory while these few are walked.
with records as (
    select calls.*
    from {{ ref('stg_switch__calls') }} as calls
    left join {{ ref('int_single_band_hours') }} as plain
        on {{ int_div(second_of_timestamp('calls.started_at'), '3600') }} = plain.start_hour
    where
        not coalesce(
            calls.duration_seconds <= plain.most_seconds
            and {{ second_of_timestamp('calls.started_at') }} + calls.duration_seconds <= plain.ends_second,
            false
        )
),
zoned as (
    {{ zoned_calls('records') }} -- noqa: PRS
),
assigned as (
    {{ assigned_calls('zoned') }}
)
select distinct
    version_id,
    call_date,
    start_second,
    duration_seconds
from assigned
where version_id is not null
