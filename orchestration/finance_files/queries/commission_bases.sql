-- reads: commission_bases
-- One row per basis of the lines of a settlement period, and per reason why a line is not there. $agent null: every agent.
select
    settlement_period,
    agent_id,
    line_kind,
    reason,
    account_id,
    billing_period,
    payment_id,
    applied_on,
    returned_on,
    service_number,
    starts_at,
    ends_at,
    basis_amount,
    numbers,
    rate,
    receivable,
    received,
    collection_rate,
    tier_from_rate,
    commission_plan_id,
    plan_valid_from,
    paid_period
from commission_bases
where settlement_period = $period and ($agent is null or agent_id = $agent)
order by all
