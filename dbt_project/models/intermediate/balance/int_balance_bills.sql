-- One row per (billing_period, step, item, business_unit_id, age_bucket): the bills of the period from their lines to what
-- is open of them on the as-of date, by the unit of the bill. Each step's amounts have the sign with which they count.
with bills as (
    select
        account_id,
        billing_period,
        {{ or_unassigned('business_unit_id') }} as business_unit_id,
        amount,
        is_provisional,
        {{ days_between('due_on', as_of_date()) }} as days_past_due
    from {{ ref('bills') }}
),
lines as (
    select
        lines.billing_period,
        'line' as step,
        lines.line_kind as item,
        bills.business_unit_id,
        'none' as age_bucket,
        lines.amount
    from {{ ref('bill_lines') }} as lines
    inner join bills on lines.account_id = bills.account_id and lines.billing_period = bills.billing_period
),
takings as (
    select distinct payment_id, taken_on
    from {{ ref('int_reversals_taken') }}
    where payment_id is not null
),
-- A payment of which a reversal took nothing that day has only moved, to a bill that the reversal opened again.
applications as (
    select
        applications.billing_period,
        'settlement' as step,
        case
            when applications.is_write_off then 'written_off'
            when applications.payment_id like 'credit:%' then 'credit'
            when applications.amount > 0 then 'applied'
            when takings.payment_id is not null then 'returned'
            else 'moved'
        end as item,
        bills.business_unit_id,
        'none' as age_bucket,
        applications.amount
    from {{ ref('int_bill_settlements') }} as applications
    inner join bills on applications.account_id = bills.account_id and applications.billing_period = bills.billing_period
    left join takings on applications.payment_id = takings.payment_id and applications.applied_on = takings.taken_on
),
opened as (
    select
        bills.billing_period,
        'open' as step,
        case when bills.is_provisional then 'not_issued' else 'unpaid' end as item,
        bills.business_unit_id,
        case when bills.is_provisional then 'none' else {{ past_due_bucket('bills.days_past_due') }} end as age_bucket,
        balances.open_amount as amount
    from bills
    inner join {{ ref('int_bill_balances') }} as balances
        on bills.account_id = balances.account_id and bills.billing_period = balances.billing_period
    where balances.open_amount <> 0
),
rows_of_steps as (
    select * from lines
    union all
    select
        billing_period,
        'bill' as step,
        case when is_provisional then 'not_issued' else 'issued' end as item,
        business_unit_id,
        'none' as age_bucket,
        amount
    from bills
    union all
    select * from applications
    union all
    select * from opened
)
select
    billing_period,
    step,
    item,
    business_unit_id,
    age_bucket,
    cast(count(*) as bigint) as records,
    cast(sum(amount) as {{ money() }}) as amount
from rows_of_steps
group by billing_period, step, item, business_unit_id, age_bucket
