{{ config(materialized='view') }}
-- One row per record of the stale days with its zone. The zone is that of the longest destination prefix in force that the
-- called number begins with after the dialling rules, or the zone that a stripped code selects. Every join is by a key made
-- before it and finds one row.
{{ zoned_calls(ref('stg_switch__calls')) }}
