-- reads: rated_calls, suspended_calls, duplicate_calls
-- Where a call stands: rated, suspended or a duplicate, and the file and the record it came in.
with calls as (
    select
        'rated' as state,
        *
    from rated_calls
    where call_id = $call
    union all by name
    select *
    from suspended_calls
    where call_id = $call
    union all by name
    select
        'duplicate' as state,
        *
    from duplicate_calls
    where call_id = $call
)

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
    charged_number,
    billing_period,
    bill_item_id,
    amount,
    reason,
    original_call_id
from calls
