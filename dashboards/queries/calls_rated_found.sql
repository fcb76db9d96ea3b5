-- reads: rated_calls
-- One row per rated call of a number or an account that begins in some days, the newest first. The days come first: every day
-- has a file of its own.
select
    started_at,
    call_id,
    calling_number,
    called_number,
    charged_number,
    account_id,
    duration_seconds,
    charged_seconds,
    call_category,
    zone_id,
    tariff_plan_id,
    amount,
    bill_item_id,
    billing_period
from rated_calls
where
    call_date between $first_day and $last_day
    and (
        $number is null
        or calling_number = $number
        or called_number = $number
        or charged_number = $number
        or rated_number = $number
    )
    and ($account is null or account_id = $account)
order by started_at desc, call_id asc
limit $at_most
