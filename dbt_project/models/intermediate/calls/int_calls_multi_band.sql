{{ config(materialized='view') }}
-- One row per (version_id, call_date, start_second, duration_seconds) of the stale days' records to be rated of which int_single_band_hours
-- does not say beforehand that two tiers of one band charge them. They are told apart before anything is looked up for them, so
-- that the walks of a few calls do not make all calls wait in memory for them.
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
