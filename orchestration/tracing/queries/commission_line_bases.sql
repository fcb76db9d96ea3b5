-- reads: commission_bases
-- What the lines count: each payment on a bill and each number; or the reason why there is no line.
select
    line_kind,
    account_id,
    billing_period,
    payment_id,
    applied_on,
    service_number,
    basis_amount,
    numbers,
    rate,
    tier_from_rate,
    commission_plan_id,
    plan_valid_from,
    reason
from commission_bases
where agent_id = $agent and settlement_period = $period and ($kind is null or line_kind = $kind)
order by line_kind, account_id nulls last, billing_period, applied_on, payment_id, service_number
