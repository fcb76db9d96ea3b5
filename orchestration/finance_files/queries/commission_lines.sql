-- reads: commission_lines
-- One row per line of the statements of a settlement period. $agent null: every agent.
select
    settlement_period,
    agent_id,
    line_kind,
    basis_amount,
    rate,
    amount
from commission_lines
where settlement_period = $period and ($agent is null or agent_id = $agent)
order by agent_id, line_kind
