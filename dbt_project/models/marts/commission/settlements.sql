-- One row per settlement_period whose month has ended: its state and what was decided on it (SPEC 8). It is open until its
-- cut-off, then calculated, and approved or locked by people. An approval counts while every line is as it was approved.
with periods as (
    select
        billing_period as settlement_period,
        {{ add_days('cast(' ~ add_months('ends_on', 1) ~ ' as date)', -1) }} as cut_off_on
    from {{ ref('int_billing_periods') }}
    where not is_provisional
),
statements as (
    select settlement_period, count(*) as agents, sum(lines) as lines, sum(amount) as amount
    from {{ ref('commission_statements') }}
    group by settlement_period
),
approvals as (
    select settlement_period, max(decision_number) as decision_number
    from {{ ref('stg_ledger__settlement_decisions') }}
    where decision = 'approved'
    group by settlement_period
),
approved_lines as (
    select kept.*
    from {{ ref('stg_ledger__kept_commission_lines') }} as kept
    inner join approvals on kept.decision_number = approvals.decision_number
),
approved_amounts as (
    select settlement_period, sum(amount) as amount
    from approved_lines
    group by settlement_period
),
changes as (
    select approvals.settlement_period, count(*) as lines
    from approvals
    inner join (
        select agent_id, settlement_period, line_kind, basis_amount, rate, amount, 1 as is_now
        from {{ ref('commission_lines') }}
        union all
        select agent_id, settlement_period, line_kind, basis_amount, rate, amount, -1 as is_now
        from approved_lines
    ) as versions
        on approvals.settlement_period = versions.settlement_period
    group by
        approvals.settlement_period, versions.agent_id, versions.line_kind, versions.basis_amount, versions.rate,
        versions.amount
    having sum(versions.is_now) <> 0
),
changed as (
    select settlement_period, sum(lines) as lines
    from changes
    group by settlement_period
),
restated as (
    select restated_period, sum(amount) as amount
    from {{ ref('settlement_restatements') }}
    group by restated_period
)
select
    periods.settlement_period,
    case
        when locked.settlement_period is not null then 'locked'
        when periods.cut_off_on > {{ as_of_date() }} then 'open'
        when approvals.settlement_period is not null and changed.settlement_period is null then 'approved'
        else 'calculated'
    end as state,
    periods.cut_off_on,
    cast(coalesce(statements.agents, 0) as bigint) as agents,
    cast(coalesce(statements.lines, 0) as bigint) as lines,
    cast(coalesce(statements.amount, 0) as {{ money() }}) as amount,
    approval.prepared_by,
    approval.decided_by as approved_by,
    approval.decided_at as approved_at,
    cast(case when approvals.settlement_period is not null then coalesce(approved_amounts.amount, 0) end as {{ money() }})
        as approved_amount,
    cast(coalesce(changed.lines, 0) as bigint) as lines_changed_since_approval,
    lock_decision.decided_by as locked_by,
    lock_decision.decided_at as locked_at,
    cast(case when locked.settlement_period is not null then coalesce(restated.amount, 0) end as {{ money() }})
        as restated_amount
from periods
left join statements on periods.settlement_period = statements.settlement_period
left join approvals on periods.settlement_period = approvals.settlement_period
left join {{ ref('stg_ledger__settlement_decisions') }} as approval on approvals.decision_number = approval.decision_number
left join approved_amounts on periods.settlement_period = approved_amounts.settlement_period
left join changed on periods.settlement_period = changed.settlement_period
left join {{ ref('int_locked_settlements') }} as locked on periods.settlement_period = locked.settlement_period
left join {{ ref('stg_ledger__settlement_decisions') }} as lock_decision
    on locked.decision_number = lock_decision.decision_number
left join restated on periods.settlement_period = restated.restated_period
