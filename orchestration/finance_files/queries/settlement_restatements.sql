-- reads: settlement_restatements
-- One row per line of a locked settlement that is restated in a settlement period. $agent null: every agent.
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
where settlement_period = $period and ($agent is null or agent_id = $agent)
order by restated_period, agent_id, line_kind
