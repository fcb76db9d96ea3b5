-- reads: duplicate_calls
-- One row per duplicate of a call of a number that begins in some days, the newest first. No account is known of a duplicate.
select
    started_at,
    call_id,
    original_call_id,
    calling_number,
    called_number,
    duration_seconds,
    file_name,
    record_number
from duplicate_calls
where
    call_date between $first_day and $last_day
    and (calling_number = $number or called_number = $number)
order by started_at desc, call_id asc
limit $at_most
