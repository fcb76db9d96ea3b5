-- One row per payment and per reversal up to the as-of date: counter and other payments in the exports, debits that banks
-- collected, and debits that they took back. A reversal is below zero. `is_applicable` is false where no export has the
-- account: such a payment is not applied, and the bulletin lists it.
with payments as (
    select
        payment_id,
        account_id,
        paid_at,
        amount,
        channel,
        outlet_id,
        reverses_payment_id
    from {{ ref('int_payments_known') }}
    where vanished_on is null
    union all
    select
        payment_id,
        account_id,
        cast(collected_on as timestamp) as paid_at,
        amount,
        'debit' as channel,
        cast(null as varchar) as outlet_id,
        cast(null as varchar) as reverses_payment_id
    from {{ ref('int_debits_collected') }}
    union all
    select
        return_id as payment_id,
        account_id,
        cast(returned_on as timestamp) as paid_at,
        -amount as amount,
        'debit' as channel,
        cast(null as varchar) as outlet_id,
        debit_id as reverses_payment_id
    from {{ ref('int_debit_returns') }}
),
known_accounts as (
    select account_id from {{ ref('int_accounts_known') }}
)
select
    payments.payment_id,
    payments.account_id,
    payments.paid_at,
    cast(payments.amount as {{ money() }}) as amount,
    payments.channel,
    payments.outlet_id,
    payments.reverses_payment_id,
    known_accounts.account_id is not null as is_applicable
from payments
left join known_accounts on payments.account_id = known_accounts.account_id
where cast(payments.paid_at as date) <= {{ as_of_date() }}
