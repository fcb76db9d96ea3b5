{{ config(materialized='view') }}
-- One row per record of the stale days with all states but the last two decided in the order of SPEC 4 (`early_state`, null where
-- the record is to be rated), the holder of the charged number, his plan and the version of its rates.
{{ assigned_calls(ref('int_calls_zoned')) }}
