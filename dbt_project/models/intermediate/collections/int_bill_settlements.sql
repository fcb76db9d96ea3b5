-- One row per (payment_id, account_id, billing_period, applied_on): the part of a payment or a write-off that settles a bill from a
-- day on. Money that goes back is negative (SPEC 7). For each settling account, payments in the order of (paid_at, payment_id) pay
-- bills in the order of (period, account_id), the oldest first; a write-off comes after the payments of its day. Payments and bills
-- are laid end to end as two lines of stretches. Where a payment's stretch meets a bill's stretch, the payment pays the bill. On a
-- day on which reversals take money, the payments are laid end to end again with what they have left; the rows of that day are the
-- differences. account_id is the bill's own account. A bill below zero is a credit: on its issue date it is settled in full by an
-- application of its own amount, and it pays other bills like a payment.
with bills as (
    select
        bills.account_id,
        bills.billing_period,
        bills.amount,
        bills.issued_on,
        coalesce(settling.settling_account_id, bills.account_id) as settling_account_id
    from {{ ref('bills') }} as bills
    left join {{ ref('int_settling_accounts') }} as settling on bills.account_id = settling.account_id
    where not bills.is_provisional and bills.amount <> 0
),
write_offs as (
    select * from {{ ref('int_write_offs') }}
    where fault is null
),
-- A write-off settles bills as a payment does, after the payments of its day; no reversal of a payment takes from it.
settling_money as (
    select
        payment_id,
        account_id,
        settling_account_id,
        paid_at,
        paid_on,
        amount,
        false as is_write_off
    from {{ ref('int_applicable_payments') }}
    union all
    select
        'write_off:' || adjustment_id as payment_id,
        account_id,
        settling_account_id,
        cast(dated_on as timestamp) as paid_at,
        dated_on as paid_on,
        counted_amount as amount,
        true as is_write_off
    from write_offs
    where kind = 'write_off'
),
takings as (
    select settling_account_id, payment_id, taken_on, sum(amount) as amount
    from {{ ref('int_reversals_taken') }}
    where payment_id is not null
    group by settling_account_id, payment_id, taken_on
    union all
    select
        settling_account_id,
        'write_off:' || reverses_adjustment_id as payment_id,
        dated_on as taken_on,
        -sum(counted_amount) as amount
    from write_offs
    where kind = 'write_off_reversal'
    group by settling_account_id, reverses_adjustment_id, dated_on
),
taking_days as (
    select distinct settling_account_id, taken_on from takings
),
-- The spans of days between the reversals of an account. An account without reversals has one span, without bounds.
spans as (
    select
        settling_account_id,
        taken_on as starts_on,
        lead(taken_on) over (partition by settling_account_id order by taken_on) as ends_on
    from taking_days
    union all
    select settling_account_id, cast(null as date) as starts_on, min(taken_on) as ends_on
    from taking_days
    group by settling_account_id
),
taken_by_span as (
    select takings.payment_id, spans.starts_on, sum(takings.amount) as amount
    from spans
    inner join takings on spans.settling_account_id = takings.settling_account_id and takings.taken_on <= spans.starts_on
    group by takings.payment_id, spans.starts_on
),
payments as (
    select
        payments.payment_id,
        payments.account_id,
        payments.settling_account_id,
        payments.paid_at,
        payments.paid_on,
        payments.is_write_off,
        spans.starts_on,
        spans.ends_on,
        cast(payments.amount - coalesce(taken.amount, 0) as {{ money() }}) as amount
    from settling_money as payments
    left join spans
        on
            payments.settling_account_id = spans.settling_account_id
            and (spans.ends_on is null or payments.paid_on < spans.ends_on)
    left join taken_by_span as taken on payments.payment_id = taken.payment_id and spans.starts_on = taken.starts_on
    where payments.amount > coalesce(taken.amount, 0)
),
bills_laid as (
    select
        *,
        cast(sum(amount) over (
            partition by settling_account_id order by billing_period, account_id
            rows between unbounded preceding and current row
        ) as decimal(28, 2)) as laid_until
    from bills
    where amount > 0
),
payments_laid as (
    select
        *,
        cast(sum(amount) over (
            partition by settling_account_id, starts_on order by paid_on, is_write_off, paid_at, payment_id
            rows between unbounded preceding and current row
        ) as decimal(28, 2)) as laid_until
    from payments
),
matched as (
    select
        payments_laid.payment_id,
        payments_laid.is_write_off,
        bills_laid.account_id,
        bills_laid.billing_period,
        bills_laid.settling_account_id,
        payments_laid.account_id as paying_account_id,
        greatest(payments_laid.paid_on, bills_laid.issued_on) as matched_on,
        payments_laid.starts_on,
        payments_laid.ends_on,
        least(payments_laid.laid_until, bills_laid.laid_until)
        - greatest(payments_laid.laid_until - payments_laid.amount, bills_laid.laid_until - bills_laid.amount) as amount
    from payments_laid
    inner join bills_laid
        on
            payments_laid.settling_account_id = bills_laid.settling_account_id
            and payments_laid.laid_until - payments_laid.amount < bills_laid.laid_until
            and bills_laid.laid_until - bills_laid.amount < payments_laid.laid_until
),
spanned as (
    select *
    from matched
    where (starts_on is not null or ends_on is not null) and (ends_on is null or matched_on < ends_on)
),
-- What was matched in a span applies from its day (or the span's first day) until the span ends.
changes as (
    select
        payment_id,
        is_write_off,
        account_id,
        billing_period,
        settling_account_id,
        paying_account_id,
        greatest(matched_on, coalesce(starts_on, matched_on)) as applied_on,
        amount
    from spanned
    union all
    select
        payment_id,
        is_write_off,
        account_id,
        billing_period,
        settling_account_id,
        paying_account_id,
        ends_on as applied_on,
        -amount as amount
    from spanned
    where ends_on is not null
)
select
    payment_id,
    is_write_off,
    account_id,
    billing_period,
    settling_account_id,
    paying_account_id,
    matched_on as applied_on,
    cast(amount as {{ money() }}) as amount
from matched
where starts_on is null and ends_on is null
union all
select
    payment_id,
    is_write_off,
    account_id,
    billing_period,
    settling_account_id,
    paying_account_id,
    applied_on,
    cast(sum(amount) as {{ money() }}) as amount
from changes
group by payment_id, is_write_off, account_id, billing_period, settling_account_id, paying_account_id, applied_on
having sum(amount) <> 0
union all
select
    'credit:' || account_id || ':' || billing_period as payment_id,
    false as is_write_off,
    account_id,
    billing_period,
    settling_account_id,
    account_id as paying_account_id,
    issued_on as applied_on,
    cast(amount as {{ money() }}) as amount
from bills
where amount < 0
