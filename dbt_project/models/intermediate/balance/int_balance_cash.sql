-- One row per (billing_period, step, item, business_unit_id): the payments by the month in which they were made (step
-- `cash`), and in the month of the as-of date what of all payments lies on no bill (step `left`). The unit is that of the
-- account on the as-of date.
with units as (
    select account_id, business_unit_id
    from {{ ref('int_account_owners') }}
    where valid_from <= {{ as_of_date() }} and valid_to > {{ as_of_date() }}
),
taken as (
    select reversal_id, payment_id, settling_account_id, amount
    from {{ ref('int_reversals_taken') }}
),
taking_reversals as (
    select distinct reversal_id from taken
),
cash as (
    select
        {{ period_of('cast(payments.paid_at as date)') }} as billing_period,
        'cash' as step,
        case when payments.amount > 0 then payments.channel else 'taken_back' end as item,
        payments.account_id,
        payments.amount
    from {{ ref('int_payments') }} as payments
),
applied as (
    select payment_id, sum(amount) as amount
    from {{ ref('payment_applications') }}
    -- A credit settles its own bill with a row of its own.
    where payment_id <> 'credit:' || account_id || ':' || billing_period
    group by payment_id
),
taken_of_payments as (
    select payment_id, sum(amount) as amount
    from taken
    where payment_id is not null
    group by payment_id
),
left_over as (
    select
        'prepaid' as item,
        payments.account_id,
        payments.amount - coalesce(taken_of_payments.amount, 0) - coalesce(applied.amount, 0) as amount
    from {{ ref('int_applicable_payments') }} as payments
    left join taken_of_payments on payments.payment_id = taken_of_payments.payment_id
    left join applied on payments.payment_id = applied.payment_id
    union all
    select 'overdrawn' as item, settling_account_id as account_id, -amount as amount
    from taken
    where payment_id is null
    union all
    select 'unknown_account' as item, payments.account_id, payments.amount
    from {{ ref('int_payments') }} as payments
    left join taking_reversals on payments.payment_id = taking_reversals.reversal_id
    where (payments.amount > 0 and not payments.is_applicable) or (payments.amount < 0 and taking_reversals.reversal_id is null)
),
rows_of_steps as (
    select * from cash
    union all
    select {{ period_of(as_of_date()) }} as billing_period, 'left' as step, item, account_id, amount
    from left_over
    where amount <> 0
)
select
    steps.billing_period,
    steps.step,
    steps.item,
    {{ or_unassigned('units.business_unit_id') }} as business_unit_id,
    cast(count(*) as bigint) as records,
    cast(sum(steps.amount) as {{ money() }}) as amount
from rows_of_steps as steps
left join units on steps.account_id = units.account_id
group by steps.billing_period, steps.step, steps.item, {{ or_unassigned('units.business_unit_id') }}
