{{ config(materialized='replaced_by_day') }}
-- One row per record that repeats an earlier one, with the one it repeats.
select
    call_id,
    original_call_id,
    switch_id,
    trunk_group_in,
    trunk_group_out,
    calling_number,
    called_number,
    started_at,
    started_at_utc,
    call_date,
    duration_seconds,
    release_cause,
    file_name,
    record_number
from {{ ref('int_calls_judged') }}
where
    state = 'duplicate'
    and call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
