-- reads: suspended_calls
-- The suspended calls of a file.
select
    call_id,
    state,
    reason,
    record_number,
    estimated_amount
from suspended_calls
where starts_with(call_id, $file || ':')
order by record_number
