-- One row per (payment_id, account_id, billing_period): the part of a payment that pays a bill (SPEC 7). Per settling
-- account the payments by (paid_at, payment_id) pay the bills by (period, account_id), oldest first: both are laid end to
-- end, and where a payment's stretch meets a bill's, it pays. account_id is the bill's own account. A bill below zero is a
-- credit: on its issue date it is settled in full by an application of its own amount, and pays other bills like a payment.
with bills as (
    select
        bills.account_id,
        bills.billing_period,
        bills.amount,
        bills.issued_on,
        coalesce(settling.settling_account_id, bills.account_id) as settling_account_id
    from {{ ref('bills') }} as bills
    left join {{ ref('int_settling_accounts') }} as settling on bills.account_id = settling.account_id
    where not bills.is_provisional and bills.amount > 0
),
credits as (
    select
        'credit:' || bills.account_id || ':' || bills.billing_period as payment_id,
        bills.account_id,
        bills.billing_period,
        bills.amount,
        bills.issued_on,
        coalesce(settling.settling_account_id, bills.account_id) as settling_account_id
    from {{ ref('bills') }} as bills
    left join {{ ref('int_settling_accounts') }} as settling on bills.account_id = settling.account_id
    where not bills.is_provisional and bills.amount < 0
),
payments as (
    select
        payments.payment_id,
        payments.account_id,
        payments.paid_at,
        payments.amount,
        coalesce(settling.settling_account_id, payments.account_id) as settling_account_id
    from {{ ref('int_payments') }} as payments
    left join {{ ref('int_settling_accounts') }} as settling on payments.account_id = settling.account_id
    where payments.is_applicable
    union all
    select
        payment_id,
        account_id,
        cast(issued_on as timestamp) as paid_at,
        -amount as amount,
        settling_account_id
    from credits
),
bills_laid as (
    select
        *,
        cast(sum(amount) over (
            partition by settling_account_id order by billing_period, account_id
            rows between unbounded preceding and current row
        ) as decimal(28, 2)) as laid_until
    from bills
),
payments_laid as (
    select
        *,
        cast(sum(amount) over (
            partition by settling_account_id order by paid_at, payment_id
            rows between unbounded preceding and current row
        ) as decimal(28, 2)) as laid_until
    from payments
)
select
    payments_laid.payment_id,
    bills_laid.account_id,
    bills_laid.billing_period,
    bills_laid.settling_account_id,
    payments_laid.account_id as paying_account_id,
    greatest(cast(payments_laid.paid_at as date), bills_laid.issued_on) as applied_on,
    cast(
        least(payments_laid.laid_until, bills_laid.laid_until)
        - greatest(payments_laid.laid_until - payments_laid.amount, bills_laid.laid_until - bills_laid.amount)
        as {{ money() }}
    ) as amount
from payments_laid
inner join bills_laid
    on
        payments_laid.settling_account_id = bills_laid.settling_account_id
        and payments_laid.laid_until - payments_laid.amount < bills_laid.laid_until
        and bills_laid.laid_until - bills_laid.amount < payments_laid.laid_until
union all
select
    payment_id,
    account_id,
    billing_period,
    settling_account_id,
    account_id as paying_account_id,
    issued_on as applied_on,
    cast(amount as {{ money() }}) as amount
from credits
