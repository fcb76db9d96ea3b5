{{ config(materialized='view') }}
-- One row per record of the stale days. Records that are to be rated have their charge by SPEC 5, exact before rounding and
-- rounded once. There is no charge where no rate is in force at some second of the call.
with calls as (
    select * from {{ ref('int_calls_assigned') }}
),
{{ charge_by_increments('calls', source('raw', 'stale_days'), ref('int_calls_multi_band')) }} -- noqa: PRS
select * from charged
