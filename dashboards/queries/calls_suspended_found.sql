-- reads: suspended_calls
-- One row per suspended call of a number or an account that begins in some days, the newest first.
select
    started_at,
    call_id,
    state,
    reason,
    calling_number,
    called_number,
    charged_number,
    account_id,
    duration_seconds,
    zone_id,
    estimated_amount,
    age_days
from suspended_calls
where
    call_date between $first_day and $last_day
    and ($number is null or calling_number = $number or called_number = $number or charged_number = $number)
    and ($account is null or account_id = $account)
order by started_at desc, call_id asc
limit $at_most
