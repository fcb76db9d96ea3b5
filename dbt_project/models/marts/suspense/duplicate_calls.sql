{{ config(materialized='replaced_by_day') }}
-- One row per record that is a duplicate of an earlier one, with that earlier record.
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
