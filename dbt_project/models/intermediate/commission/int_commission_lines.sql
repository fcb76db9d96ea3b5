-- One row per (agent_id, settlement_period, line_kind): a line of an agent's statement with its basis, as it is calculated now,
-- whether the settlement is locked or not (SPEC 8). basis_amount is the applied money, for a restatement the money that went
-- back, or a count of numbers. rate is the percent, or the bonus. A restatement has no rate, because each part is taken back at
-- the percent at which it was paid. Lines with amount zero are left out.
with terms as (
    select * from {{ ref('int_commission_terms') }}
),
basis as (
    select * from {{ ref('int_commission_basis') }}
),
reached as (
    select basis.agent_id, basis.settlement_period, max(terms.tier_from_rate) as tier_from_rate
    from basis
    inner join terms on basis.agent_id = terms.agent_id and basis.settlement_period = terms.settlement_period
    -- on_time_amount ÷ receivable >= tier_from_rate; both are below zero where credits outweigh what was billed.
    where
        basis.receivable <> 0
        and sign(basis.receivable) * basis.on_time_amount >= terms.tier_from_rate * abs(basis.receivable)
    group by basis.agent_id, basis.settlement_period
),
restated as (
    select
        restatements.agent_id,
        restatements.settlement_period,
        sum(restatements.amount) as amount,
        sum(
            {{ hundredths('restatements.amount') }}
            * {{ millionths('case when restatements.is_on_time then on_time_terms.commission_percent else late_terms.late_percent end') }}
        ) as commission_parts
    from {{ ref('int_commission_restatements') }} as restatements
    left join reached
        on restatements.agent_id = reached.agent_id and restatements.paid_period = reached.settlement_period
    left join terms as on_time_terms
        on
            reached.agent_id = on_time_terms.agent_id and reached.settlement_period = on_time_terms.settlement_period
            and reached.tier_from_rate = on_time_terms.tier_from_rate
    left join terms as late_terms
        on
            restatements.agent_id = late_terms.agent_id and restatements.paid_period = late_terms.settlement_period
            and late_terms.tier_rank = 1
    group by restatements.agent_id, restatements.settlement_period
),
activations as (
    select
        terms.agent_id,
        terms.settlement_period,
        count(*) as numbers
    from terms
    inner join {{ ref('int_activations') }} as activations
        on terms.agent_id = activations.agent_id and terms.settlement_period = activations.activation_period
    where terms.tier_rank = 1
    group by terms.agent_id, terms.settlement_period
),
clawbacks as (
    select
        terms.agent_id,
        terms.settlement_period,
        count(*) as numbers
    from terms
    inner join {{ ref('int_activations') }} as activations
        on
            terms.agent_id = activations.agent_id
            and terms.settlement_period = {{ period_of('cast(activations.ends_at as date)') }}
            and activations.ends_at <= {{ add_days_to_time('activations.starts_at', 'terms.clawback_days') }}
    where terms.tier_rank = 1
    group by terms.agent_id, terms.settlement_period
),
lines as (
    select
        basis.agent_id,
        basis.settlement_period,
        'on_time' as line_kind,
        cast(basis.on_time_amount as {{ money() }}) as basis_amount,
        terms.commission_percent as rate,
        sign(basis.on_time_amount) * {{ divided_to_cents(
            hundredths('abs(basis.on_time_amount)') ~ ' * ' ~ millionths('terms.commission_percent'), '100000000'
        ) }} as amount
    from basis
    inner join reached on basis.agent_id = reached.agent_id and basis.settlement_period = reached.settlement_period
    inner join terms
        on
            reached.agent_id = terms.agent_id and reached.settlement_period = terms.settlement_period
            and reached.tier_from_rate = terms.tier_from_rate
    union all
    select
        basis.agent_id,
        basis.settlement_period,
        'late' as line_kind,
        cast(basis.late_amount as {{ money() }}) as basis_amount,
        terms.late_percent as rate,
        {{ divided_to_cents(hundredths('basis.late_amount') ~ ' * ' ~ millionths('terms.late_percent'), '100000000') }} as amount
    from basis
    inner join terms
        on basis.agent_id = terms.agent_id and basis.settlement_period = terms.settlement_period and terms.tier_rank = 1
    union all
    select
        agent_id,
        settlement_period,
        'restatement' as line_kind,
        cast(amount as {{ money() }}) as basis_amount,
        cast(null as {{ call_money() }}) as rate,
        -{{ divided_to_cents('coalesce(commission_parts, 0)', '100000000') }} as amount
    from restated
    union all
    select
        activations.agent_id,
        activations.settlement_period,
        'activation' as line_kind,
        cast(activations.numbers as {{ money() }}) as basis_amount,
        terms.activation_bonus as rate,
        {{ round_half_up('activations.numbers * terms.activation_bonus') }} as amount
    from activations
    inner join terms
        on
            activations.agent_id = terms.agent_id and activations.settlement_period = terms.settlement_period
            and terms.tier_rank = 1
    union all
    select
        clawbacks.agent_id,
        clawbacks.settlement_period,
        'clawback' as line_kind,
        cast(clawbacks.numbers as {{ money() }}) as basis_amount,
        terms.activation_bonus as rate,
        -{{ round_half_up('clawbacks.numbers * terms.activation_bonus') }} as amount
    from clawbacks
    inner join terms
        on
            clawbacks.agent_id = terms.agent_id and clawbacks.settlement_period = terms.settlement_period
            and terms.tier_rank = 1
)
select
    agent_id,
    settlement_period,
    line_kind,
    basis_amount,
    cast(rate as {{ call_money() }}) as rate,
    cast(amount as {{ money() }}) as amount
from lines
where amount <> 0
