-- reads: commission_bases
-- One row per amount or number that a line of an agent's statement counts, or that would have counted; where nothing would, one row
-- per kind of line with the reason.
select
    settlement_period,
    line_kind,
    account_id,
    billing_period,
    payment_id,
    service_number,
    paid_period,
    commission_plan_id,
    plan_valid_from,
    reason,
    basis_amount,
    numbers,
    rate,
    receivable,
    received,
    collection_rate,
    tier_from_rate,
    applied_on,
    returned_on,
    starts_at,
    ends_at
from commission_bases
where agent_id = $agent and settlement_period = $period
order by line_kind, account_id, billing_period, applied_on, payment_id, returned_on, service_number
