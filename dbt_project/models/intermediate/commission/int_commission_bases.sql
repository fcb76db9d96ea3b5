{{ config(materialized='view') }}
-- One row per (agent_id, settlement_period, line_kind) and what counts in that line (SPEC 8): a part of a payment on a bill, by the
-- day on which it was applied, or a service number. on_time: applied to a bill of the period by the cut-off. late: applied to an
-- older bill in the month after the period; money that goes back is below zero, but what is restated. restatement: what went back
-- of the money that an earlier settlement had paid for. activation: a number that began in the period. clawback: a number that
-- ended in the period too soon. Each row of payment_applications has at most two settlements, so rows grow with the payments alone.
with periods as (
    select * from {{ ref('int_settlement_periods') }}
),
bills as (
    select * from {{ ref('bills') }} where not is_provisional and agent_id is not null
),
applied as (
    select
        bills.agent_id,
        applications.account_id,
        applications.billing_period,
        applications.payment_id,
        applications.applied_on,
        applications.amount
    from {{ ref('payment_applications') }} as applications
    inner join bills
        on applications.account_id = bills.account_id and applications.billing_period = bills.billing_period
),
restatements as (
    select * from {{ ref('int_commission_restatements') }}
),
restated as (
    select account_id, billing_period, payment_id, returned_on, sum(amount) as amount
    from restatements
    group by account_id, billing_period, payment_id, returned_on
),
late as (
    select
        applied.agent_id,
        periods.settlement_period,
        applied.account_id,
        applied.billing_period,
        applied.payment_id,
        applied.applied_on,
        cast(applied.amount + coalesce(restated.amount, 0) as {{ money() }}) as amount
    from applied
    inner join periods
        on {{ month_start('applied.applied_on') }} = periods.ends_on and applied.billing_period < periods.settlement_period
    -- A payment has one row on a bill and day, so this is the row of what went back.
    left join restated
        on
            applied.account_id = restated.account_id
            and applied.billing_period = restated.billing_period
            and applied.payment_id = restated.payment_id
            and applied.applied_on = restated.returned_on
),
activations as (
    select
        activations.agent_id,
        activations.activation_period as settlement_period,
        'activation' as line_kind,
        activations.service_number,
        activations.starts_at,
        activations.ends_at
    from {{ ref('int_activations') }} as activations
    inner join periods on activations.activation_period = periods.settlement_period
    union all
    select
        activations.agent_id,
        terms.settlement_period,
        'clawback' as line_kind,
        activations.service_number,
        activations.starts_at,
        activations.ends_at
    from {{ ref('int_activations') }} as activations
    inner join {{ ref('int_commission_terms') }} as terms
        on
            activations.agent_id = terms.agent_id
            and {{ period_of('cast(activations.ends_at as date)') }} = terms.settlement_period
            and activations.ends_at <= {{ add_days_to_time('activations.starts_at', 'terms.clawback_days') }}
            and terms.tier_rank = 1
),
money_that_counts as (
    select
        applied.agent_id,
        periods.settlement_period,
        'on_time' as line_kind,
        applied.account_id,
        applied.billing_period,
        applied.payment_id,
        applied.applied_on,
        cast(null as date) as returned_on,
        cast(null as varchar) as paid_period,
        applied.amount
    from applied
    inner join periods
        on applied.billing_period = periods.settlement_period and applied.applied_on <= periods.cut_off_on
    union all
    select
        agent_id,
        settlement_period,
        'late' as line_kind,
        account_id,
        billing_period,
        payment_id,
        applied_on,
        cast(null as date) as returned_on,
        cast(null as varchar) as paid_period,
        amount
    from late
    where amount <> 0
    union all
    select
        agent_id,
        settlement_period,
        'restatement' as line_kind,
        account_id,
        billing_period,
        payment_id,
        applied_on,
        returned_on,
        paid_period,
        amount
    from restatements
)
select
    agent_id,
    settlement_period,
    line_kind,
    account_id,
    billing_period,
    payment_id,
    applied_on,
    returned_on,
    paid_period,
    cast(null as varchar) as service_number,
    cast(null as timestamp) as starts_at,
    cast(null as timestamp) as ends_at,
    cast(amount as {{ money() }}) as basis_amount,
    cast(null as bigint) as numbers
from money_that_counts
union all
select
    agent_id,
    settlement_period,
    line_kind,
    cast(null as varchar) as account_id,
    cast(null as varchar) as billing_period,
    cast(null as varchar) as payment_id,
    cast(null as date) as applied_on,
    cast(null as date) as returned_on,
    cast(null as varchar) as paid_period,
    service_number,
    starts_at,
    ends_at,
    cast(null as {{ money() }}) as basis_amount,
    cast(1 as bigint) as numbers
from activations
