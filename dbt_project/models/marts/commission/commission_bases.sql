-- One row per (agent_id, settlement_period, line_kind) and what the line counts: a part of a payment on a bill (account_id,
-- billing_period, payment_id, applied_on, and returned_on for money that went back), or a service number; with the rate at which
-- it counts, and the rule that gives the rate (SPEC 8). Where there is no line, `reason` says why: on each row that would have
-- counted, or on one row without a bill and a number. The rows of a line sum to its basis; a restatement's without a rate are
-- money for which no commission had been paid.
-- Of a locked settlement the rows are as they were locked; line locked_restatement has one row, the sum of settlement_restatements.
with bases as (
    select * from {{ ref('int_commission_bases') }}
),
rates as (
    select * from {{ ref('int_commission_rates') }}
),
lines as (
    select calculated.*
    from {{ ref('int_commission_lines') }} as calculated
    left join {{ ref('int_locked_settlements') }} as locked
        on calculated.settlement_period = locked.settlement_period
    where calculated.is_settled and locked.settlement_period is null
)
select
    lines.agent_id,
    lines.settlement_period,
    lines.line_kind,
    bases.account_id,
    bases.billing_period,
    bases.payment_id,
    bases.service_number,
    bases.paid_period,
    rates.commission_plan_id,
    rates.plan_valid_from,
    lines.reason,
    bases.basis_amount,
    bases.numbers,
    cast({{ commission_rate('bases', 'rates') }} as {{ call_money() }}) as rate,
    case when {{ counts_on_time('bases') }} then rates.receivable end as receivable,
    case when {{ counts_on_time('bases') }} then rates.received end as received,
    case when {{ counts_on_time('bases') }} then rates.collection_rate end as collection_rate,
    case when {{ counts_on_time('bases') }} then rates.tier_from_rate end as tier_from_rate,
    bases.applied_on,
    bases.returned_on,
    bases.starts_at,
    bases.ends_at
from lines
inner join bases
    on
        lines.agent_id = bases.agent_id
        and lines.settlement_period = bases.settlement_period
        and lines.line_kind = bases.line_kind
inner join rates
    on
        bases.agent_id = rates.agent_id
        and coalesce(bases.paid_period, bases.settlement_period) = rates.settlement_period
union all
select
    lines.agent_id,
    lines.settlement_period,
    lines.line_kind,
    cast(null as varchar) as account_id,
    cast(null as varchar) as billing_period,
    cast(null as varchar) as payment_id,
    cast(null as varchar) as service_number,
    cast(null as varchar) as paid_period,
    rates.commission_plan_id,
    rates.plan_valid_from,
    lines.reason,
    lines.basis_amount,
    lines.numbers,
    lines.rate,
    case when lines.line_kind = 'on_time' then rates.receivable end as receivable,
    case when lines.line_kind = 'on_time' then rates.received end as received,
    case when lines.line_kind = 'on_time' then rates.collection_rate end as collection_rate,
    case when lines.line_kind = 'on_time' then rates.tier_from_rate end as tier_from_rate,
    cast(null as date) as applied_on,
    cast(null as date) as returned_on,
    cast(null as timestamp) as starts_at,
    cast(null as timestamp) as ends_at
from lines
inner join rates on lines.agent_id = rates.agent_id and lines.settlement_period = rates.settlement_period
where lines.bases = 0
union all
select
    kept.agent_id,
    kept.settlement_period,
    kept.line_kind,
    kept.account_id,
    kept.billing_period,
    kept.payment_id,
    kept.service_number,
    kept.paid_period,
    kept.commission_plan_id,
    kept.plan_valid_from,
    kept.reason,
    kept.basis_amount,
    kept.numbers,
    kept.rate,
    kept.receivable,
    kept.received,
    kept.collection_rate,
    kept.tier_from_rate,
    kept.applied_on,
    kept.returned_on,
    kept.starts_at,
    kept.ends_at
from {{ ref('stg_ledger__kept_commission_bases') }} as kept
inner join {{ ref('int_locked_settlements') }} as locked on kept.decision_number = locked.decision_number
union all
select
    restated.agent_id,
    restated.settlement_period,
    'locked_restatement' as line_kind,
    cast(null as varchar) as account_id,
    cast(null as varchar) as billing_period,
    cast(null as varchar) as payment_id,
    cast(null as varchar) as service_number,
    cast(null as varchar) as paid_period,
    cast(null as varchar) as commission_plan_id,
    cast(null as date) as plan_valid_from,
    cast(null as varchar) as reason,
    restated.amount as basis_amount,
    cast(null as bigint) as numbers,
    cast(100 as {{ call_money() }}) as rate,
    cast(null as {{ money() }}) as receivable,
    cast(null as {{ money() }}) as received,
    cast(null as double) as collection_rate,
    cast(null as {{ call_money() }}) as tier_from_rate,
    cast(null as date) as applied_on,
    cast(null as date) as returned_on,
    cast(null as timestamp) as starts_at,
    cast(null as timestamp) as ends_at
from {{ ref('int_locked_restatements') }} as restated
inner join {{ ref('int_settlement_periods') }} as periods on restated.settlement_period = periods.settlement_period
where periods.is_settled
