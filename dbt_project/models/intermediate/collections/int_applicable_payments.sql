-- One row per payment that pays bills (payment_id): payments above zero on known accounts. An issued bill below zero is a
-- credit, and counts as a payment on its issue date (SPEC 7). int_reversals_taken has what reversals take from them.
with payments as (
    select
        payment_id,
        account_id,
        paid_at,
        amount
    from {{ ref('int_payments') }}
    where is_applicable and amount > 0
    union all
    select
        'credit:' || account_id || ':' || billing_period as payment_id,
        account_id,
        cast(issued_on as timestamp) as paid_at,
        -amount as amount
    from {{ ref('bills') }}
    where not is_provisional and amount < 0
)
select
    payments.payment_id,
    payments.account_id,
    coalesce(settling.settling_account_id, payments.account_id) as settling_account_id,
    payments.paid_at,
    cast(payments.paid_at as date) as paid_on,
    cast(payments.amount as {{ money() }}) as amount
from payments
left join {{ ref('int_settling_accounts') }} as settling on payments.account_id = settling.account_id
