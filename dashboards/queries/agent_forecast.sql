-- reads: commission_forecast
-- One row per kind of line of the settlements of an agent that are not done yet, the oldest settlement first.
select
    settlement_period,
    line_kind,
    reason,
    basis_amount,
    numbers,
    rate,
    amount,
    receivable,
    received,
    collection_rate,
    tier_from_rate,
    next_tier_from_rate,
    next_commission_percent,
    missing_amount,
    cut_off_on
from commission_forecast
where agent_id = $agent
order by settlement_period, line_kind
