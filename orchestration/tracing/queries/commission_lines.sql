-- reads: commission_lines
-- The lines of an agent's settlement, of one kind where $kind is given.
select
    agent_id,
    settlement_period,
    line_kind,
    basis_amount,
    rate,
    amount
from commission_lines
where agent_id = $agent and settlement_period = $period and ($kind is null or line_kind = $kind)
order by line_kind
