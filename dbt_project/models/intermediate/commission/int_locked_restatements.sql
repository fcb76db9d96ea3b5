-- One row per (agent_id, settlement_period): what the oldest settlement that is not locked restates of the locked ones, where it
-- does not come to zero.
select
    restatements.agent_id,
    restatements.settlement_period,
    cast(sum(restatements.amount) as {{ money() }}) as amount
from {{ ref('settlement_restatements') }} as restatements
left join {{ ref('int_locked_settlements') }} as locked on restatements.settlement_period = locked.settlement_period
where locked.settlement_period is null
group by restatements.agent_id, restatements.settlement_period
having sum(restatements.amount) <> 0
