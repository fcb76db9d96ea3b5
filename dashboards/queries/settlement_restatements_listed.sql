-- reads: settlement_restatements
-- One row per line of a locked settlement that was restated, the newest settlement first.
select
    settlement_period,
    restated_period,
    agent_id,
    line_kind,
    locked_amount,
    restated_before,
    recalculated_amount,
    amount,
    reason
from settlement_restatements
order by settlement_period desc, restated_period asc, agent_id asc, line_kind asc
