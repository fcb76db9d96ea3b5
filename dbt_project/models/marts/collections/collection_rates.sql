-- One row per (billing_period, dimension, dimension_id): what was billed, what came in, as of the run's date. Bills that have no
-- such member are in the row `unassigned`, so that the rows of a dimension sum to the branch.
with settled as (
    select bills.*, balances.received, balances.written_off
    from {{ ref('bills') }} as bills
    inner join {{ ref('int_bill_balances') }} as balances
        on bills.account_id = balances.account_id and bills.billing_period = balances.billing_period
    where not bills.is_provisional
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
    cast(sum(written_off) as {{ money() }}) as written_off,
    {{ ratio('sum(received)', 'sum(amount)') }} as collection_rate
from settled
group by billing_period, {{ or_unassigned(column) }}
{{ 'union all' if not loop.last }}
{% endfor %}
