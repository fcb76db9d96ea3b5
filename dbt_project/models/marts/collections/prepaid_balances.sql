-- One row per settling account with money on no bill as of the run's date: what its payments, less what went back, have
-- left after all bills (prepaid), and what reversals took beyond what was paid (overdrawn). Customer, unit, agent and outlet
-- are those of the settling account on the as-of date.
with applied as (
    select payment_id, sum(amount) as amount
    from {{ ref('payment_applications') }}
    -- A credit settles its own bill with a row of its own.
    where payment_id <> 'credit:' || account_id || ':' || billing_period
    group by payment_id
),
taken as (
    select payment_id, sum(amount) as amount
    from {{ ref('int_reversals_taken') }}
    where payment_id is not null
    group by payment_id
),
parts as (
    select
        payments.settling_account_id,
        payments.paid_on,
        payments.amount - coalesce(taken.amount, 0) - coalesce(applied.amount, 0) as prepaid_amount,
        0 as overdrawn_amount,
        cast(null as date) as overdrawn_on
    from {{ ref('int_applicable_payments') }} as payments
    left join taken on payments.payment_id = taken.payment_id
    left join applied on payments.payment_id = applied.payment_id
    union all
    select
        settling_account_id,
        cast(null as date) as paid_on,
        0 as prepaid_amount,
        amount as overdrawn_amount,
        taken_on as overdrawn_on
    from {{ ref('int_reversals_taken') }}
    where payment_id is null
),
balances as (
    select
        settling_account_id,
        sum(prepaid_amount) as prepaid_amount,
        sum(overdrawn_amount) as overdrawn_amount,
        sum(case when prepaid_amount > 0 then 1 else 0 end) as payments,
        min(case when prepaid_amount > 0 then paid_on end) as prepaid_since,
        max(paid_on) as newest_payment_on,
        min(overdrawn_on) as overdrawn_since
    from parts
    group by settling_account_id
    having sum(prepaid_amount) <> 0 or sum(overdrawn_amount) <> 0
)
select
    balances.settling_account_id,
    owners.customer_id,
    owners.business_unit_id,
    owners.agent_id,
    owners.outlet_id,
    cast(balances.prepaid_amount as {{ money() }}) as prepaid_amount,
    cast(balances.overdrawn_amount as {{ money() }}) as overdrawn_amount,
    cast(balances.prepaid_amount - balances.overdrawn_amount as {{ money() }}) as amount,
    cast(balances.payments as bigint) as payments,
    balances.prepaid_since,
    balances.newest_payment_on,
    balances.overdrawn_since
from balances
left join {{ ref('int_account_owners') }} as owners
    on
        balances.settling_account_id = owners.account_id
        and owners.valid_from <= {{ as_of_date() }}
        and owners.valid_to > {{ as_of_date() }}
