-- One row per (agent_id, settlement_period): the billed and applied amounts of the agent's bills. Applied on time means to
-- bills of the period, up to the cut-off. Applied late means to older bills, in the month after the period. Money that goes
-- back is subtracted from both, except money that was applied before that month; that is restated.
with bills as (
    select * from {{ ref('bills') }} where not is_provisional and agent_id is not null
),
billed as (
    select agent_id, billing_period as settlement_period, sum(amount) as receivable
    from bills
    group by agent_id, billing_period
),
applied as (
    select
        bills.agent_id,
        bills.billing_period,
        applications.applied_on,
        applications.amount
    from {{ ref('payment_applications') }} as applications
    inner join bills
        on applications.account_id = bills.account_id and applications.billing_period = bills.billing_period
),
sums as (
    select
        applied.agent_id,
        periods.settlement_period,
        sum(case
            when applied.billing_period = periods.settlement_period and applied.applied_on <= periods.cut_off_on
                then applied.amount
            else 0
        end) as on_time_amount,
        sum(case
            when
                applied.billing_period < periods.settlement_period
                and applied.applied_on >= periods.ends_on and applied.applied_on <= periods.cut_off_on
                then applied.amount
            else 0
        end) as late_amount
    from applied
    cross join {{ ref('int_settlement_periods') }} as periods
    group by applied.agent_id, periods.settlement_period
),
restated as (
    select agent_id, settlement_period, sum(amount) as amount
    from {{ ref('int_commission_restatements') }}
    group by agent_id, settlement_period
)
select
    agents.agent_id,
    periods.settlement_period,
    cast(coalesce(billed.receivable, 0) as {{ money() }}) as receivable,
    cast(coalesce(sums.on_time_amount, 0) as {{ money() }}) as on_time_amount,
    cast(coalesce(sums.late_amount, 0) + coalesce(restated.amount, 0) as {{ money() }}) as late_amount
from {{ ref('agents') }} as agents
cross join {{ ref('int_settlement_periods') }} as periods
left join billed on agents.agent_id = billed.agent_id and periods.settlement_period = billed.settlement_period
left join sums on agents.agent_id = sums.agent_id and periods.settlement_period = sums.settlement_period
left join restated on agents.agent_id = restated.agent_id and periods.settlement_period = restated.settlement_period
