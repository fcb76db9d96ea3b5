-- One row per (agent_id, settlement_period, line_kind): a line of an agent's statement, with its basis (SPEC 8). basis_amount is
-- the applied money, for a restatement the money that went back, or a count of numbers. rate is the percent, or the bonus. A
-- restatement has no rate, because each part is taken back at the percent at which it was paid. Lines with amount zero are left
-- out. Of a locked settlement the lines are as they were locked. What it would come to differently now is the line
-- locked_restatement of the oldest settlement that is not locked, the sum of its settlement_restatements.
with lines as (
    select
        calculated.agent_id,
        calculated.settlement_period,
        calculated.line_kind,
        coalesce(calculated.basis_amount, calculated.numbers) as basis_amount,
        calculated.rate,
        calculated.amount
    from {{ ref('int_commission_lines') }} as calculated
    left join {{ ref('int_locked_settlements') }} as locked
        on calculated.settlement_period = locked.settlement_period
    where locked.settlement_period is null and calculated.is_settled and calculated.reason is null
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
        restated.agent_id,
        restated.settlement_period,
        'locked_restatement' as line_kind,
        restated.amount as basis_amount,
        100 as rate,
        restated.amount
    from {{ ref('int_locked_restatements') }} as restated
    inner join {{ ref('int_settlement_periods') }} as periods on restated.settlement_period = periods.settlement_period
    where periods.is_settled
)
select
    agent_id,
    settlement_period,
    line_kind,
    cast(basis_amount as {{ money() }}) as basis_amount,
    cast(rate as {{ call_money() }}) as rate,
    cast(amount as {{ money() }}) as amount
from lines
