-- reads: commission_lines
-- One row per kind of line of an agent's statement.
select
    settlement_period,
    line_kind,
    basis_amount,
    rate,
    amount
from commission_lines
where agent_id = $agent and settlement_period = $period
order by line_kind
