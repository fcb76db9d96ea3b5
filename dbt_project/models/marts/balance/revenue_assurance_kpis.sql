-- One row per (billing_period, kpi, item): a measure of revenue assurance with its numerator and denominator (SPEC 10.1).
-- The rows of a measure with several items sum to its row `all`. value is null where the denominator is 0.
with months as (
    select
        billing_period,
        sum(case when step = 'read' then records when item = 'ignored' then -records else 0 end) as records,
        sum(case when item = 'duplicate' then records else 0 end) as duplicates,
        sum(coalesce(amount, 0) + coalesce(estimated_amount, 0)) as chargeable_amount
    from {{ ref('revenue_balance_monthly') }}
    where step in ('read', 'state')
    group by billing_period
),
suspended as (
    select billing_period, item as state, age_bucket, sum(estimated_amount) as amount
    from {{ ref('revenue_balance_monthly') }}
    where step = 'state' and item in ('other_day', 'partial', 'undocumented', 'unrated')
    group by billing_period, item, age_bucket
),
failures as (
    select
        {{ period_of('debited_on') }} as billing_period,
        cause,
        count(*) as debits,
        sum(case when returned_payment_id is null and collected_amount = 0 then 1 else 0 end) as uncollected_debits
    from {{ ref('debit_failures') }}
    group by {{ period_of('debited_on') }}, cause
),
-- A debit that was collected and is returned later was asked for once.
debits_by_outcome as (
    select {{ period_of('collected_on') }} as billing_period, count(*) as debits
    from {{ ref('int_debits_collected') }}
    group by {{ period_of('collected_on') }}
    union all
    select billing_period, uncollected_debits as debits
    from failures
),
bills as (
    select billing_period, issued_on, count(*) as bills
    from {{ ref('bills') }}
    where not is_provisional
    group by billing_period, issued_on
),
-- A complaint is about the bills that were issued last when it was opened.
complaints as (
    select {{ month_start('opened_at') }} as issued_on, count(*) as billing_errors
    from {{ ref('int_complaints_known') }}
    where was_billing_error
    group by {{ month_start('opened_at') }}
),
sampled as (
    select
        billing_period,
        count(*) as calls,
        sum(case when differences is null then 1 else 0 end) as equal_calls
    from {{ source('state', 'rating_sample') }}
    group by billing_period
),
denominators as (
    select billing_period, 'leakage' as kpi, 'amount' as unit, chargeable_amount as denominator
    from months
    union all
    select billing_period, 'undocumented' as kpi, 'amount' as unit, chargeable_amount as denominator
    from months
    union all
    select billing_period, 'duplicates' as kpi, 'records' as unit, records as denominator
    from months
    union all
    select billing_period, 'debit_returns' as kpi, 'debits' as unit, sum(debits) as denominator
    from debits_by_outcome
    group by billing_period
    union all
    select billing_period, 'billing_errors' as kpi, 'bills' as unit, bills as denominator
    from bills
    union all
    select billing_period, 'rating_accuracy' as kpi, 'calls' as unit, calls as denominator
    from sampled
),
-- A numerator without an item counts in the row `all` alone.
numerators as (
    select billing_period, 'leakage' as kpi, state as item, amount as numerator
    from suspended
    union all
    select billing_period, 'undocumented' as kpi, age_bucket as item, amount as numerator
    from suspended
    where state = 'undocumented'
    union all
    select billing_period, 'duplicates' as kpi, null as item, duplicates as numerator
    from months
    union all
    select billing_period, 'debit_returns' as kpi, cause as item, debits as numerator
    from failures
    union all
    select bills.billing_period, 'billing_errors' as kpi, null as item, complaints.billing_errors as numerator
    from complaints
    inner join bills on complaints.issued_on = bills.issued_on
    union all
    select billing_period, 'rating_accuracy' as kpi, null as item, equal_calls as numerator
    from sampled
),
measured as (
    select billing_period, kpi, 'all' as item, sum(numerator) as numerator
    from numerators
    group by billing_period, kpi
    union all
    select billing_period, kpi, item, sum(numerator) as numerator
    from numerators
    where item is not null
    group by billing_period, kpi, item
),
complete as (
    select
        denominators.billing_period,
        denominators.kpi,
        coalesce(measured.item, 'all') as item,
        denominators.unit,
        coalesce(measured.numerator, 0) as numerator,
        denominators.denominator
    from denominators
    left join measured on denominators.billing_period = measured.billing_period and denominators.kpi = measured.kpi
)
select
    complete.billing_period,
    complete.kpi,
    complete.item,
    complete.unit,
    cast(complete.numerator as {{ money_sum() }}) as numerator,
    cast(complete.denominator as {{ money_sum() }}) as denominator,
    {{ ratio('complete.numerator', 'complete.denominator') }} as value,
    cast(thresholds.warn_above as double) as target
from complete
-- Gates of the same name as a measure are of other figures.
left join {{ source('raw', 'gate_thresholds') }} as thresholds
    on complete.kpi = thresholds.gate_id and thresholds.gate_id = 'billing_errors'
