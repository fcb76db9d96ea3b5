-- One row per (agent_id, settlement_period): an agent's commission, the sum of its lines.
select
    agent_id,
    settlement_period,
    cast(count(*) as bigint) as lines,
    cast(sum(amount) as {{ money() }}) as amount
from {{ ref('commission_lines') }}
group by agent_id, settlement_period
