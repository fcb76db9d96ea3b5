-- One row per (account_id, billing_period): the sum of the bill's lines, to whom it belongs, when it is issued and due.
-- A bill is provisional while its issue date lies after the as-of date. Bills of closed periods are those that were closed.
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
    fixed.customer_id,
    fixed.customer_class,
    fixed.business_unit_id,
    fixed.agent_id,
    fixed.outlet_id,
    lines.amount,
    periods.issued_on,
    periods.due_on,
    periods.is_provisional
from lines
inner join {{ ref('int_billing_periods') }} as periods on lines.billing_period = periods.billing_period
left join {{ ref('int_accounts_fixed') }} as fixed
    on lines.account_id = fixed.account_id and lines.billing_period = fixed.billing_period
where not periods.is_closed
union all
select
    account_id, billing_period, customer_id, customer_class, business_unit_id, agent_id, outlet_id, amount,
    issued_on, due_on, false as is_provisional
from {{ source('closed', 'bills') }}
