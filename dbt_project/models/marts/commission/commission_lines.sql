-- One row per (agent_id, settlement_period, line_kind): a line of an agent's statement, with its basis (SPEC 8). Of a locked
-- settlement the lines are as they were locked. What it would come to differently now is the line locked_restatement of the
-- oldest settlement that is not locked, the sum of its settlement_restatements.
with lines as (
    select calculated.*
    from {{ ref('int_commission_lines') }} as calculated
    left join {{ ref('int_locked_settlements') }} as locked
        on calculated.settlement_period = locked.settlement_period
    where locked.settlement_period is null
    union all
    select
        kept.agent_id,
        kept.settlement_period,
        kept.line_kind,
        kept.basis_amount,
        kept.rate,
        kept.amount
    from {{ ref('stg_ledger__kept_commission_lines') }} as kept
    inner join {{ ref('int_locked_settlements') }} as locked on kept.decision_number = locked.decision_number
    union all
    select
        restatements.agent_id,
        restatements.settlement_period,
        'locked_restatement' as line_kind,
        sum(restatements.amount) as basis_amount,
        cast(null as {{ call_money() }}) as rate,
        sum(restatements.amount) as amount
    from {{ ref('settlement_restatements') }} as restatements
    inner join {{ ref('int_settlement_periods') }} as periods
        on restatements.settlement_period = periods.settlement_period
    left join {{ ref('int_locked_settlements') }} as locked
        on restatements.settlement_period = locked.settlement_period
    where locked.settlement_period is null
    group by restatements.agent_id, restatements.settlement_period
)
select
    agent_id,
    settlement_period,
    line_kind,
    cast(basis_amount as {{ money() }}) as basis_amount,
    cast(rate as {{ call_money() }}) as rate,
    cast(amount as {{ money() }}) as amount
from lines
where amount <> 0
