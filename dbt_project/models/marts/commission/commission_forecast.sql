-- One row per (agent_id, settlement_period, line_kind), for every agent, kind of line and period whose cut-off is after the as-of
-- date: what the line comes to as it stands today, by the rules of commission_lines (SPEC 8). All of it is provisional. Row on_time
-- also has the collection rate so far, the tier that it reaches, and what is missing until the next. `reason` says why a line is 0.
select
    lines.agent_id,
    lines.settlement_period,
    lines.line_kind,
    rates.commission_plan_id,
    rates.plan_valid_from,
    lines.reason,
    lines.basis_amount,
    lines.numbers,
    lines.rate,
    lines.amount,
    case when lines.line_kind = 'on_time' then rates.receivable end as receivable,
    case when lines.line_kind = 'on_time' then rates.received end as received,
    case when lines.line_kind = 'on_time' then rates.collection_rate end as collection_rate,
    case when lines.line_kind = 'on_time' then rates.tier_from_rate end as tier_from_rate,
    case when lines.line_kind = 'on_time' then rates.next_tier_from_rate end as next_tier_from_rate,
    case when lines.line_kind = 'on_time' then rates.next_commission_percent end as next_commission_percent,
    case when lines.line_kind = 'on_time' then rates.missing_amount end as missing_amount,
    true as is_provisional,
    {{ as_of_date() }} as as_of,
    rates.cut_off_on
from {{ ref('int_commission_lines') }} as lines
inner join {{ ref('int_commission_rates') }} as rates
    on lines.agent_id = rates.agent_id and lines.settlement_period = rates.settlement_period
where not lines.is_settled
union all
select
    restated.agent_id,
    restated.settlement_period,
    'locked_restatement' as line_kind,
    cast(null as varchar) as commission_plan_id,
    cast(null as date) as plan_valid_from,
    cast(null as varchar) as reason,
    restated.amount as basis_amount,
    cast(null as bigint) as numbers,
    cast(100 as {{ call_money() }}) as rate,
    restated.amount,
    cast(null as {{ money() }}) as receivable,
    cast(null as {{ money() }}) as received,
    cast(null as double) as collection_rate,
    cast(null as {{ call_money() }}) as tier_from_rate,
    cast(null as {{ call_money() }}) as next_tier_from_rate,
    cast(null as {{ call_money() }}) as next_commission_percent,
    cast(null as {{ money() }}) as missing_amount,
    true as is_provisional,
    {{ as_of_date() }} as as_of,
    periods.cut_off_on
from {{ ref('int_locked_restatements') }} as restated
inner join {{ ref('int_settlement_periods') }} as periods on restated.settlement_period = periods.settlement_period
where not periods.is_settled
