-- reads: rated_calls
-- The calls of a bill with the file and the record they came in. Per number and bill item they sum to the usage line, rounded once.
select
    call_id,
    charged_number,
    bill_item_id,
    started_at,
    called_number,
    duration_seconds,
    amount,
    file_name,
    record_number
from rated_calls
where account_id = $account and billing_period = $period
order by charged_number, bill_item_id, started_at, call_id
