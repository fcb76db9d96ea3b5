-- reads: rated_calls
-- One row per rated call of an account or a charged number in a billing period, in the order of the calls. $account null: any account;
-- $number null: any number.
select
    started_at,
    charged_number,
    calling_number,
    called_number,
    call_category,
    zone_id,
    duration_seconds,
    charged_seconds,
    tariff_plan_id,
    covered_amount,
    amount,
    account_id,
    billing_period,
    call_id
from rated_calls
where
    billing_period = $period
    and ($account is null or account_id = $account)
    and ($number is null or charged_number = $number)
order by started_at, call_id
