-- One row per (dimension, dimension_id, billing_period, days_since_issue) on which what was received of the bills of a period
-- changed, and one for the day of issue: the receivable, and what was received up to that day. Bills that have no such member
-- are in the row `unassigned`. Between two rows the received amount stays as it is; the last row is that of collection_rates.
with bills as (
    select
        billing_period,
        account_id,
        {{ or_unassigned('business_unit_id') }} as business_unit_id,
        {{ or_unassigned('agent_id') }} as agent_id,
        {{ or_unassigned('outlet_id') }} as outlet_id,
        {{ or_unassigned('customer_class') }} as customer_class,
        issued_on,
        amount
    from {{ ref('bills') }}
    where not is_provisional
),
parts as (
    select
        billing_period, business_unit_id, agent_id, outlet_id, customer_class, issued_on, 0 as days_since_issue,
        sum(amount) as receivable, 0 as received
    from bills
    group by billing_period, business_unit_id, agent_id, outlet_id, customer_class, issued_on
    union all
    select
        bills.billing_period, bills.business_unit_id, bills.agent_id, bills.outlet_id, bills.customer_class, bills.issued_on,
        {{ days_between('bills.issued_on', 'applications.applied_on') }} as days_since_issue,
        0 as receivable, sum(applications.amount) as received
    from bills
    inner join {{ ref('payment_applications') }} as applications
        on bills.account_id = applications.account_id and bills.billing_period = applications.billing_period
    group by
        bills.billing_period, bills.business_unit_id, bills.agent_id, bills.outlet_id, bills.customer_class, bills.issued_on,
        {{ days_between('bills.issued_on', 'applications.applied_on') }}
),
days as (
    {% for dimension, column in collection_dimensions().items() %}
    select
        '{{ dimension }}' as dimension,
        {{ column }} as dimension_id,
        billing_period,
        days_since_issue,
        min(issued_on) as issued_on,
        sum(receivable) as receivable,
        sum(received) as received
    from parts
    group by {{ column }}, billing_period, days_since_issue
    having days_since_issue = 0 or sum(received) <> 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),
curves as (
    select
        dimension,
        dimension_id,
        billing_period,
        days_since_issue,
        issued_on,
        sum(receivable) over (partition by dimension, dimension_id, billing_period) as receivable,
        sum(received) over (
            partition by dimension, dimension_id, billing_period order by days_since_issue
            rows between unbounded preceding and current row
        ) as received
    from days
)
select
    dimension,
    dimension_id,
    billing_period,
    cast(days_since_issue as bigint) as days_since_issue,
    issued_on,
    cast(receivable as {{ money() }}) as receivable,
    cast(received as {{ money() }}) as received,
    {{ ratio('received', 'receivable') }} as collection_rate
from curves
