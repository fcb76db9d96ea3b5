-- reads: rated_calls, suspended_calls, duplicate_calls
-- Where a call stands: rated, suspended or a duplicate, and the file and the record it came in.
select
    'rated' as state,
    call_id,
    file_name,
    record_number,
    started_at,
    calling_number,
    called_number,
    duration_seconds,
    account_id,
    charged_number,
    billing_period,
    bill_item_id,
    amount
from rated_calls
where call_id = $call
union all by name
select
    state,
    call_id,
    file_name,
    record_number,
    started_at,
    calling_number,
    called_number,
    duration_seconds,
    account_id,
    reason
from suspended_calls
where call_id = $call
union all by name
select
    'duplicate' as state,
    call_id,
    file_name,
    record_number,
    started_at,
    calling_number,
    called_number,
    duration_seconds,
    original_call_id
from duplicate_calls
where call_id = $call
