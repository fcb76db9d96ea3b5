-- One row per (agent_id, settlement_period): what the agent's bills of the period come to, what was received on them by the
-- cut-off (or so far), the tier that this reaches, and the percents and the bonus of the plan's version (SPEC 8). plan_fault says
-- why there is no plan. missing_amount is what is still to be received until the next tier is reached. Agents are those of the
-- book, and those that a bill or an activated number names though the book no longer has them.
with bills as (
    select * from {{ ref('bills') }} where not is_provisional and agent_id is not null
),
terms as (
    select * from {{ ref('int_commission_terms') }}
),
named as (
    select agent_id from {{ ref('agents') }}
    union
    select agent_id from bills
    union
    select agent_id from {{ ref('int_activations') }}
),
agents as (
    select
        named.agent_id,
        known.commission_plan_id,
        known.agent_id is not null as is_known
    from named
    left join {{ ref('agents') }} as known on named.agent_id = known.agent_id
),
billed as (
    select agent_id, billing_period, count(*) as bills, sum(amount) as receivable
    from bills
    group by agent_id, billing_period
),
received as (
    select agent_id, settlement_period, sum(basis_amount) as received
    from {{ ref('int_commission_bases') }}
    where line_kind = 'on_time'
    group by agent_id, settlement_period
),
figures as (
    select
        agents.agent_id,
        agents.commission_plan_id,
        agents.is_known,
        periods.settlement_period,
        periods.cut_off_on,
        periods.is_issued,
        periods.is_settled,
        cast(coalesce(billed.bills, 0) as bigint) as bills,
        cast(coalesce(billed.receivable, 0) as {{ money() }}) as receivable,
        cast(coalesce(received.received, 0) as {{ money() }}) as received
    from agents
    cross join {{ ref('int_settlement_periods') }} as periods
    left join billed on agents.agent_id = billed.agent_id and periods.settlement_period = billed.billing_period
    left join received
        on agents.agent_id = received.agent_id and periods.settlement_period = received.settlement_period
),
tiers as (
    select
        figures.agent_id,
        figures.settlement_period,
        terms.tier_from_rate,
        -- received ÷ receivable >= tier_from_rate; both are below zero where credits outweigh what was billed.
        figures.receivable <> 0
        and sign(figures.receivable) * figures.received >= terms.tier_from_rate * abs(figures.receivable) as is_reached
    from figures
    inner join terms
        on figures.agent_id = terms.agent_id and figures.settlement_period = terms.settlement_period
),
reached as (
    select
        agent_id,
        settlement_period,
        max(case when is_reached then tier_from_rate end) as tier_from_rate,
        min(case when not is_reached then tier_from_rate end) as next_tier_from_rate
    from tiers
    group by agent_id, settlement_period
)
select
    figures.agent_id,
    figures.settlement_period,
    figures.cut_off_on,
    figures.is_issued,
    figures.is_settled,
    plan.commission_plan_id,
    plan.plan_valid_from,
    case
        when not figures.is_known then 'agent_unknown'
        when figures.commission_plan_id is null then 'no_plan'
        when plan.agent_id is null then 'plan_not_in_force'
    end as plan_fault,
    figures.bills,
    figures.receivable,
    figures.received,
    {{ ratio('figures.received', 'figures.receivable') }} as collection_rate,
    reached.tier_from_rate,
    tier.commission_percent,
    plan.late_percent,
    plan.activation_bonus,
    next_tier.tier_from_rate as next_tier_from_rate,
    next_tier.commission_percent as next_commission_percent,
    -- The least amount whose share of the receivable is the tier's, less what was received.
    cast({{ divided_up_to_cents(
        hundredths('figures.receivable') ~ ' * ' ~ millionths('next_tier.tier_from_rate'), '1000000'
    ) }} - figures.received as {{ money() }}) as missing_amount
from figures
left join reached on figures.agent_id = reached.agent_id and figures.settlement_period = reached.settlement_period
left join terms as plan
    on
        figures.agent_id = plan.agent_id and figures.settlement_period = plan.settlement_period
        and plan.tier_rank = 1
left join terms as tier
    on
        figures.agent_id = tier.agent_id and figures.settlement_period = tier.settlement_period
        and reached.tier_from_rate = tier.tier_from_rate
-- Where nothing is receivable no payment raises the rate.
left join terms as next_tier
    on
        figures.receivable > 0
        and figures.agent_id = next_tier.agent_id and figures.settlement_period = next_tier.settlement_period
        and reached.next_tier_from_rate = next_tier.tier_from_rate
