-- One row per readable record of the loaded files that began on a stale day, before any state is decided.
select
    calls.file_id || ':' || cast(calls.record_number as varchar) as call_id,
    calls.file_id,
    files.file_name,
    calls.record_number,
    files.switch_id,
    calls.trunk_group_in,
    calls.trunk_group_out,
    calls.calling_number,
    calls.called_number,
    calls.started_at,
    calls.call_date,
    calls.duration_seconds,
    calls.release_cause,
    calls.is_other_day and not files.is_other_day_released as is_other_day,
    calls.call_kind,
    calls.charge_party,
    calls.partial_kind,
    calls.call_reference
from {{ source('raw', 'calls') }} as calls
inner join {{ source('raw', 'stale_days') }} as stale on calls.call_date = stale.call_date
inner join {{ ref('stg_ledger__files') }} as files on calls.file_id = files.file_id
