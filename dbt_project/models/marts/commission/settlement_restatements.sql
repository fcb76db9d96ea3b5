-- One row per (settlement_period, restated_period, agent_id, line_kind): a line of a locked settlement that would come to another
-- amount now, posted in the oldest settlement that is not locked (SPEC 8). amount is what it comes to now, less what was locked
-- and what earlier settlements have restated. The rows of a locked settlement are as they were locked.
with locked_lines as (
    select
        kept.agent_id,
        kept.settlement_period,
        kept.line_kind,
        kept.rate,
        kept.amount
    from {{ ref('stg_ledger__kept_commission_lines') }} as kept
    inner join {{ ref('int_locked_settlements') }} as locked on kept.decision_number = locked.decision_number
    where kept.line_kind <> 'locked_restatement'
),
posted as (
    select
        kept.settlement_period,
        kept.restated_period,
        kept.agent_id,
        kept.line_kind,
        kept.locked_amount,
        kept.restated_before,
        kept.recalculated_amount,
        kept.amount,
        kept.reason
    from {{ ref('stg_ledger__kept_settlement_restatements') }} as kept
    inner join {{ ref('int_locked_settlements') }} as locked on kept.decision_number = locked.decision_number
),
posted_sums as (
    select restated_period, agent_id, line_kind, sum(amount) as amount
    from posted
    group by restated_period, agent_id, line_kind
),
calculated as (
    select
        lines.agent_id,
        lines.settlement_period,
        lines.line_kind,
        lines.rate,
        lines.amount
    from {{ ref('int_commission_lines') }} as lines
    inner join {{ ref('int_locked_settlements') }} as locked on lines.settlement_period = locked.settlement_period
    where lines.reason is null
),
keys as (
    select agent_id, settlement_period, line_kind from locked_lines
    union
    select agent_id, settlement_period, line_kind from calculated
    union
    select agent_id, restated_period as settlement_period, line_kind from posted_sums
),
compared as (
    select
        keys.settlement_period as restated_period,
        keys.agent_id,
        keys.line_kind,
        coalesce(locked_lines.amount, 0) as locked_amount,
        coalesce(posted_sums.amount, 0) as restated_before,
        coalesce(calculated.amount, 0) as recalculated_amount,
        case
            when calculated.agent_id is null then 'line_removed'
            when locked_lines.agent_id is null then 'line_added'
            when coalesce(locked_lines.rate, -1) <> coalesce(calculated.rate, -1) then 'rate_changed'
            else 'basis_changed'
        end as reason
    from keys
    left join locked_lines
        on
            keys.agent_id = locked_lines.agent_id
            and keys.settlement_period = locked_lines.settlement_period
            and keys.line_kind = locked_lines.line_kind
    left join calculated
        on
            keys.agent_id = calculated.agent_id
            and keys.settlement_period = calculated.settlement_period
            and keys.line_kind = calculated.line_kind
    left join posted_sums
        on
            keys.agent_id = posted_sums.agent_id
            and keys.settlement_period = posted_sums.restated_period
            and keys.line_kind = posted_sums.line_kind
),
next_settlement as (
    select {{ period_of(add_months("cast(max(settlement_period) || '-01' as date)", 1)) }} as settlement_period
    from {{ ref('int_locked_settlements') }}
),
restated as (
    select
        settlement_period,
        restated_period,
        agent_id,
        line_kind,
        locked_amount,
        restated_before,
        recalculated_amount,
        amount,
        reason
    from posted
    union all
    select
        next_settlement.settlement_period,
        compared.restated_period,
        compared.agent_id,
        compared.line_kind,
        compared.locked_amount,
        compared.restated_before,
        compared.recalculated_amount,
        compared.recalculated_amount - compared.locked_amount - compared.restated_before as amount,
        compared.reason
    from compared
    cross join next_settlement
    where compared.recalculated_amount <> compared.locked_amount + compared.restated_before
)
select
    settlement_period,
    restated_period,
    agent_id,
    line_kind,
    cast(locked_amount as {{ money() }}) as locked_amount,
    cast(restated_before as {{ money() }}) as restated_before,
    cast(recalculated_amount as {{ money() }}) as recalculated_amount,
    cast(amount as {{ money() }}) as amount,
    reason
from restated
