-- One row per (account_id, billing_period): the sum of the bill's lines, its owner, and its issue and due dates. A bill is
-- provisional while its issue date is after the as-of date. Bills of closed periods stay as they were closed; the account
-- that pays a bill is that of today's merges.
with lines as (
    select
        account_id,
        billing_period,
        cast(sum(amount) as {{ money() }}) as amount
    from {{ ref('bill_lines') }}
    group by account_id, billing_period
),
all_bills as (
    select
        lines.account_id,
        lines.billing_period,
        owners.customer_id,
        owners.customer_class,
        owners.business_unit_id,
        owners.agent_id,
        owners.outlet_id,
        lines.amount,
        periods.issued_on,
        periods.due_on,
        periods.is_provisional
    from lines
    inner join {{ ref('int_billing_periods') }} as periods on lines.billing_period = periods.billing_period
    left join {{ ref('int_account_owners_at_issue') }} as owners
        on lines.account_id = owners.account_id and lines.billing_period = owners.billing_period
    where not periods.is_closed
    union all
    select
        account_id, billing_period, customer_id, customer_class, business_unit_id, agent_id, outlet_id, amount,
        issued_on, due_on, false as is_provisional
    from {{ source('closed', 'bills') }}
)
select
    all_bills.account_id,
    all_bills.billing_period,
    all_bills.customer_id,
    all_bills.customer_class,
    all_bills.business_unit_id,
    all_bills.agent_id,
    all_bills.outlet_id,
    all_bills.amount,
    all_bills.issued_on,
    all_bills.due_on,
    all_bills.is_provisional,
    coalesce(settling.settling_account_id, all_bills.account_id) as settling_account_id
from all_bills
left join {{ ref('int_settling_accounts') }} as settling on all_bills.account_id = settling.account_id
