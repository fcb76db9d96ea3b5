-- One row per (billing_period, step, item, business_unit_id, age_bucket): the revenue of a month from the records that were
-- read to what is open of its bills. Every amount has the sign with which it counts, by the law of SPEC
-- 10.1. What belongs to no unit is in the row `unassigned`; age_bucket is `none` where a row has no age.
with days as (
    select
        {{ period_of('file_date') }} as billing_period,
        step,
        item,
        sum(records) as records,
        sum(seconds) as seconds,
        sum(amount) as amount
    from {{ ref('revenue_balance_daily') }}
    where step in ('read', 'state')
    group by {{ period_of('file_date') }}, step, item
),
suspended as (
    select
        {{ period_of('file_date') }} as billing_period,
        state,
        business_unit_id,
        age_bucket,
        sum(records) as records,
        sum(seconds) as seconds,
        sum(estimated_amount) as estimated_amount,
        sum(calls_without_estimate) as calls_without_estimate
    from {{ ref('int_balance_suspended') }}
    group by {{ period_of('file_date') }}, state, business_unit_id, age_bucket
),
suspended_states as (
    select billing_period, state, sum(records) as records, sum(seconds) as seconds
    from suspended
    group by billing_period, state
),
-- Rated calls whose file is dated in another month than the one they are billed in: because they began in it, or because
-- their own month was closed.
shifted as (
    select
        {{ period_of('file_date') }} as file_month,
        billing_period,
        case when call_month = billing_period then 'other_month' else 'late' end as reason,
        sum(records) as records,
        sum(seconds) as seconds,
        sum(amount) as amount
    from {{ ref('int_balance_states') }}
    where state = 'rated' and billing_period <> {{ period_of('file_date') }}
    group by {{ period_of('file_date') }}, billing_period, case when call_month = billing_period then 'other_month' else 'late' end
),
rows_of_steps as (
    select
        days.billing_period,
        days.step,
        days.item,
        'unassigned' as business_unit_id,
        'none' as age_bucket,
        days.records - coalesce(suspended_states.records, 0) as records,
        days.seconds - coalesce(suspended_states.seconds, 0) as seconds,
        days.amount,
        cast(null as {{ money_sum() }}) as estimated_amount,
        0 as calls_without_estimate
    from days
    left join suspended_states
        on days.step = 'state' and days.billing_period = suspended_states.billing_period and days.item = suspended_states.state
    where
        suspended_states.state is null
        or days.records <> suspended_states.records
        or days.seconds <> suspended_states.seconds
    union all
    select
        billing_period, 'state' as step, state as item, business_unit_id, age_bucket, records, seconds, null as amount,
        estimated_amount, calls_without_estimate
    from suspended
    union all
    select
        billing_period, 'period' as step, reason || '_in' as item, 'unassigned', 'none', records, seconds, amount, null, 0
    from shifted
    union all
    select
        file_month, 'period' as step, reason || '_out' as item, 'unassigned', 'none', -records, -seconds, -amount, null, 0
    from shifted
    union all
    select billing_period, 'charge' as step, 'list_price' as item, business_unit_id, 'none', calls, seconds, list_amount, null, 0
    from {{ ref('int_balance_usage') }}
    union all
    select billing_period, 'charge' as step, 'packages' as item, business_unit_id, 'none', 0, 0, -covered_amount, null, 0
    from {{ ref('int_balance_usage') }}
    where covered_amount <> 0
    union all
    select
        billing_period, 'charge' as step, 'price_caps' as item, business_unit_id, 'none', 0, 0,
        amount - list_amount + covered_amount, null, 0
    from {{ ref('int_balance_usage') }}
    where amount <> list_amount - covered_amount
    union all
    select billing_period, 'rounding' as step, 'cents' as item, business_unit_id, 'none', 0, null, rounded_amount - amount, null, 0
    from {{ ref('int_balance_usage') }}
    where rounded_amount <> amount
    union all
    select billing_period, step, item, business_unit_id, age_bucket, records, null, amount, null, 0
    from {{ ref('int_balance_bills') }}
    union all
    select billing_period, step, item, business_unit_id, 'none', records, null, amount, null, 0
    from {{ ref('int_balance_cash') }}
)
select
    billing_period,
    step,
    item,
    business_unit_id,
    age_bucket,
    cast(sum(records) as bigint) as records,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(amount) as {{ money_sum() }}) as amount,
    cast(sum(estimated_amount) as {{ money_sum() }}) as estimated_amount,
    cast(sum(calls_without_estimate) as bigint) as calls_without_estimate
from rows_of_steps
group by billing_period, step, item, business_unit_id, age_bucket
