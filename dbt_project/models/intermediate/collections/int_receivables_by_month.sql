-- One row per (billing_period, business_unit_id, agent_id, outlet_id, customer_class, month) in which the bills of a period and
-- owner were issued, paid or open: open at the month's start, billed, received, written off, and open at its end, with the ages of both
-- (the buckets of past_due_bucket; `billed` for the bills of the month). The newest month ends on the as-of date.
with bills as (
    select
        account_id,
        billing_period,
        {{ or_unassigned('business_unit_id') }} as business_unit_id,
        {{ or_unassigned('agent_id') }} as agent_id,
        {{ or_unassigned('outlet_id') }} as outlet_id,
        {{ or_unassigned('customer_class') }} as customer_class,
        issued_on,
        due_on,
        amount
    from {{ ref('bills') }}
    where not is_provisional
),
owners as (
    select
        billing_period, business_unit_id, agent_id, outlet_id, customer_class,
        {{ period_of('issued_on') }} as issue_month,
        due_on,
        sum(amount) as billed
    from bills
    group by billing_period, business_unit_id, agent_id, outlet_id, customer_class, {{ period_of('issued_on') }}, due_on
),
received as (
    select
        bills.billing_period, bills.business_unit_id, bills.agent_id, bills.outlet_id, bills.customer_class, bills.due_on,
        {{ period_of('applications.applied_on') }} as month,
        sum(case when applications.is_write_off then 0 else applications.amount end) as received,
        sum(case when applications.is_write_off then applications.amount else 0 end) as written_off
    from bills
    inner join {{ ref('int_bill_settlements') }} as applications
        on bills.account_id = applications.account_id and bills.billing_period = applications.billing_period
    group by
        bills.billing_period, bills.business_unit_id, bills.agent_id, bills.outlet_id, bills.customer_class, bills.due_on,
        {{ period_of('applications.applied_on') }}
),
months as (
    select
        billing_period as month,
        starts_on,
        least({{ add_days('ends_on', -1) }}, {{ as_of_date() }}) as until_day,
        {{ days_between('starts_on', 'ends_on') }} as days_in_month
    from {{ ref('int_billing_periods') }}
    where starts_on <= {{ as_of_date() }}
),
moved as (
    select
        owners.billing_period,
        owners.business_unit_id,
        owners.agent_id,
        owners.outlet_id,
        owners.customer_class,
        owners.due_on,
        months.month,
        months.starts_on,
        months.until_day,
        months.days_in_month,
        owners.issue_month = months.month as is_issue_month,
        case when owners.issue_month = months.month then owners.billed else 0 end as billed,
        coalesce(received.received, 0) as received,
        coalesce(received.written_off, 0) as written_off
    from owners
    inner join months on owners.issue_month <= months.month
    left join received
        on
            owners.billing_period = received.billing_period
            and owners.business_unit_id = received.business_unit_id
            and owners.agent_id = received.agent_id
            and owners.outlet_id = received.outlet_id
            and owners.customer_class = received.customer_class
            and owners.due_on = received.due_on
            and months.month = received.month
),
carried as (
    select
        *,
        sum(billed - received - written_off) over (
            partition by billing_period, business_unit_id, agent_id, outlet_id, customer_class, due_on order by month
            rows between unbounded preceding and current row
        ) as closing_amount
    from moved
)
select
    billing_period,
    business_unit_id,
    agent_id,
    outlet_id,
    customer_class,
    month,
    until_day,
    days_in_month,
    case
        when is_issue_month then 'billed'
        else {{ past_due_bucket(days_between('due_on', add_days('starts_on', -1))) }}
    end as opening_bucket,
    {{ past_due_bucket(days_between('due_on', 'until_day')) }} as closing_bucket,
    cast(closing_amount - billed + received + written_off as {{ money() }}) as opening_amount,
    cast(billed as {{ money() }}) as billed,
    cast(received as {{ money() }}) as received,
    cast(written_off as {{ money() }}) as written_off,
    cast(closing_amount as {{ money() }}) as closing_amount
from carried
where closing_amount <> 0 or billed <> 0 or received <> 0 or written_off <> 0
