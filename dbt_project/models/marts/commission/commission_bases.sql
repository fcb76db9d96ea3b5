-- One row per (agent_id, settlement_period, line_kind) and what the line counts: a part of a payment on a bill (account_id,
-- billing_period, payment_id, applied_on, and returned_on for money that went back), or a service number; with the rate at which
-- it counts, and the rule that gives the rate (SPEC 8). Where there is no line, `reason` says why: on each row that would have
-- counted, or on one row without a bill and a number. The rows of a line sum to its basis; a restatement's without a rate are
-- money for which no commission had been paid.
with bases as (
    select * from {{ ref('int_commission_bases') }}
),
rates as (
    select * from {{ ref('int_commission_rates') }}
),
lines as (
    select * from {{ ref('int_commission_lines') }} where is_settled
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
