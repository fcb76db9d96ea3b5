-- One row per (billing_period, dimension, dimension_id): what was billed, what came in, as of the run's date. Bills that have no
-- such member are in the row `unassigned`, so that the rows of a dimension sum to the branch.
with bills as (
    select * from {{ ref('bills') }} where not is_provisional
),
applied as (
    select account_id, billing_period, sum(amount) as received
    from {{ ref('payment_applications') }}
    group by account_id, billing_period
),
settled as (
    select bills.*, coalesce(applied.received, 0) as received
    from bills
    left join applied on bills.account_id = applied.account_id and bills.billing_period = applied.billing_period
)
{% for dimension, column in collection_dimensions().items() %}
select
    billing_period,
    '{{ dimension }}' as dimension,
    {{ or_unassigned(column) }} as dimension_id,
    {{ as_of_date() }} as as_of,
    cast(count(*) as bigint) as bills,
    cast(sum(amount) as {{ money() }}) as receivable,
    cast(sum(received) as {{ money() }}) as received,
    {{ ratio('sum(received)', 'sum(amount)') }} as collection_rate
from settled
group by billing_period, {{ or_unassigned(column) }}
{{ 'union all' if not loop.last }}
{% endfor %}
