{{ config(materialized='view') }}
-- One row per record of the stale days. All states except the last two are decided in the order of SPEC 4 (`early_state`,
-- null where the record is to be rated). The row has the holder of the charged number, his plan and the version of its
-- rates.
{{ assigned_calls(ref('int_calls_zoned')) }}
