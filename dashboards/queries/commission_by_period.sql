-- reads: commission_lines
-- One row per settlement period and kind of line, the oldest first: of one agent, or of all where $agent is null.
select
    settlement_period,
    line_kind,
    cast(sum(amount) as decimal(18, 2)) as amount
from commission_lines
where $agent is null or agent_id = $agent
group by settlement_period, line_kind
order by settlement_period, line_kind
