-- One row per (agent_id, settlement_period, tier_from_rate): the tiers of the agent's plan, in the version in force on the
-- last day of the period. The terms without tiers (late_percent, activation_bonus, clawback_days) are those of the lowest
-- tier.
with terms as (
    select
        agents.agent_id,
        periods.settlement_period,
        periods.starts_on,
        periods.ends_on,
        periods.cut_off_on,
        plans.commission_plan_id,
        plans.valid_from as plan_valid_from,
        plans.tier_from_rate,
        plans.commission_percent,
        plans.late_percent,
        plans.activation_bonus,
        plans.clawback_days,
        row_number() over (
            partition by agents.agent_id, periods.settlement_period order by plans.tier_from_rate, plans.valid_from desc
        ) as tier_rank
    from {{ ref('agents') }} as agents
    cross join {{ ref('int_settlement_periods') }} as periods
    inner join {{ ref('commission_plans') }} as plans
        on
            agents.commission_plan_id = plans.commission_plan_id
            and plans.valid_from < periods.ends_on
            and (plans.valid_to is null or plans.valid_to >= periods.ends_on)
)
select * from terms
