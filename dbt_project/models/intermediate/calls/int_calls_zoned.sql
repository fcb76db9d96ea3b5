{{ config(materialized='view') }}
-- One row per record of the stale days with its zone: the longest destination prefix in force that starts what the dialling rules
-- leave of the called number, or the zone that a stripped code selects. Every join is by a key made before it and finds one row.
{{ zoned_calls(ref('stg_switch__calls')) }}
