-- reads: commission_lines
-- One row per agent and line kind of a settlement period.
select
    agent_id,
    line_kind,
    sum(amount) as amount
from commission_lines
where settlement_period = $period
group by agent_id, line_kind
order by agent_id, line_kind
