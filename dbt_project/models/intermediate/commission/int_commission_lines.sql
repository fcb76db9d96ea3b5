-- One row per (agent_id, settlement_period, line_kind), for every agent, period and kind of line: the sum of its bases and the
-- commission, rounded once (SPEC 8). `reason` says why there is no line; it is empty where there is one. Periods that are not
-- settled yet have what they come to so far.
with rates as (
    select * from {{ ref('int_commission_rates') }}
),
-- Each kind of line as a row without a basis, so that its rate is found where nothing counts too.
kinds as (
    {% for line_kind, sign_of_amount in {'on_time': 1, 'late': 1, 'restatement': -1, 'activation': 1, 'clawback': -1}.items() %}
    select
        '{{ line_kind }}' as line_kind,
        {{ sign_of_amount }} as sign_of_amount,
        cast(null as varchar) as billing_period,
        cast(null as varchar) as paid_period
    {{ 'union all' if not loop.last }}
    {% endfor %}
),
-- Bases that count at one rate: those of one line, and of a restatement those that one settlement had paid in one way.
-- In the sums a number counts as 100.00, of which the bonus is the percent.
parts as (
    select
        agent_id,
        settlement_period,
        line_kind,
        coalesce(paid_period, settlement_period) as rated_period,
        paid_period,
        case when paid_period = billing_period then billing_period end as billing_period,
        count(*) as bases,
        sum(basis_amount) as basis_amount,
        sum(numbers) as numbers
    from {{ ref('int_commission_bases') }}
    group by
        agent_id, settlement_period, line_kind, paid_period, case when paid_period = billing_period then billing_period end
),
sums as (
    select
        parts.agent_id,
        parts.settlement_period,
        parts.line_kind,
        sum(parts.bases) as bases,
        sum(parts.basis_amount) as basis_amount,
        sum(parts.numbers) as numbers,
        sum(
            cast(coalesce({{ hundredths('parts.basis_amount') }}, 10000 * parts.numbers) as hugeint)
            * {{ millionths('coalesce(' ~ commission_rate('parts', 'rates') ~ ', 0)') }}
        ) as commission_parts
    from parts
    inner join rates on parts.agent_id = rates.agent_id and parts.rated_period = rates.settlement_period
    group by parts.agent_id, parts.settlement_period, parts.line_kind
),
lines as (
    select
        rates.agent_id,
        rates.settlement_period,
        kinds.line_kind,
        rates.is_issued,
        rates.is_settled,
        rates.plan_fault,
        rates.bills,
        rates.receivable,
        rates.tier_from_rate,
        case when kinds.line_kind <> 'restatement' then {{ commission_rate('kinds', 'rates') }} end as rate,
        coalesce(sums.bases, 0) as bases,
        case
            when kinds.line_kind in ('on_time', 'late', 'restatement') then coalesce(sums.basis_amount, 0)
        end as basis_amount,
        case when kinds.line_kind in ('activation', 'clawback') then coalesce(sums.numbers, 0) end as numbers,
        coalesce(sums.commission_parts, 0) as commission_parts,
        kinds.sign_of_amount * sign(coalesce(sums.commission_parts, 0))
        * {{ divided_to_cents('abs(coalesce(sums.commission_parts, 0))', '100000000') }} as amount
    from rates
    cross join kinds
    left join sums
        on
            rates.agent_id = sums.agent_id and rates.settlement_period = sums.settlement_period
            and kinds.line_kind = sums.line_kind
)
select
    agent_id,
    settlement_period,
    line_kind,
    is_settled,
    cast(bases as bigint) as bases,
    cast(basis_amount as {{ money() }}) as basis_amount,
    cast(numbers as bigint) as numbers,
    cast(rate as {{ call_money() }}) as rate,
    cast(amount as {{ money() }}) as amount,
    case
        when amount <> 0 then null
        when line_kind <> 'restatement' and plan_fault is not null then plan_fault
        when basis_amount is not null and not is_issued then 'bills_not_issued'
        when bases = 0 and line_kind = 'on_time' and bills = 0 then 'nothing_billed'
        when bases = 0 and line_kind in ('on_time', 'late') then 'nothing_applied'
        when bases = 0 and line_kind = 'restatement' then 'nothing_returned'
        when bases = 0 and line_kind = 'activation' then 'nothing_activated'
        when bases = 0 then 'nothing_ended'
        when line_kind = 'on_time' and receivable = 0 then 'no_receivable'
        when line_kind = 'on_time' and tier_from_rate is null then 'no_tier_reached'
        when line_kind = 'restatement' and commission_parts = 0 then 'nothing_was_paid'
        when rate = 0 and numbers is null then 'zero_percent'
        when rate = 0 then 'zero_bonus'
        when basis_amount = 0 then 'nets_to_zero'
        else 'below_half_a_cent'
    end as reason
from lines
