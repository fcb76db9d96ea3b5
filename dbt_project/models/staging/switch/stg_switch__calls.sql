-- One row per readable record of the loaded files that began on a stale day, before any state is decided.
-- The first piece of a long call that is joined has the whole call's duration and release cause (is_partial marks the others).
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
    case when pieces.is_partial = false then pieces.joined_seconds else calls.duration_seconds end as duration_seconds,
    case when pieces.is_partial = false then pieces.release_cause else calls.release_cause end as release_cause,
    calls.is_other_day and not files.is_other_day_released as is_other_day,
    calls.call_kind,
    calls.charge_party,
    calls.partial_kind,
    calls.call_reference,
    nullif(calls.charged_number, '') as recorded_charged_number,
    calls.started_at_utc,
    coalesce(pieces.is_partial, false) as is_partial,
    pieces.joined_call_id,
    pieces.joined_pieces,
    pieces.joined_seconds,
    pieces.reason as joining_note
from {{ source('raw', 'calls') }} as calls
inner join {{ source('raw', 'stale_days') }} as stale on calls.call_date = stale.call_date
inner join {{ ref('stg_ledger__files') }} as files on calls.file_id = files.file_id
left join {{ source('raw', 'joined_pieces') }} as pieces
    on calls.file_id = pieces.file_id and calls.record_number = pieces.record_number
