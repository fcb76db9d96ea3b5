-- One row per (account_id, billing_period): the sum of the bill's lines, its owner, and its issue and due dates. A bill is
-- provisional while its issue date is after the as-of date. Bills of closed periods stay as they were closed.
with lines as (
    select
        account_id,
        billing_period,
        cast(sum(amount) as {{ money() }}) as amount
    from {{ ref('bill_lines') }}
    group by account_id, billing_period
)
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
