-- reads: commission_statements
-- One row per agent with a statement of a settlement period. $agent null: every agent.
select
    settlement_period,
    agent_id,
    lines,
    amount
from commission_statements
where settlement_period = $period and ($agent is null or agent_id = $agent)
order by agent_id
