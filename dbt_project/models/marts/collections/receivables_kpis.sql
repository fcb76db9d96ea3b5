-- One row per (month, dimension, dimension_id): what was open at the start of a calendar month, billed, received and written
-- off in it and open at its end, with days sales outstanding and collection effectiveness. The newest month ends on the as-of date. What
-- belongs to nobody is in the row `unassigned`, so that the rows of a dimension sum to the branch's.
-- Days sales outstanding (DSO): closing receivable ÷ billed × days of the month. Collection effectiveness index (CEI):
-- received ÷ (opening + billed − closing not due). Both are the formulas of the Credit Research Foundation; a write-off collects
-- nothing.
with months as (
    select
        *,
        case when closing_bucket = 'not_due' then closing_amount else 0 end as closing_not_due
    from {{ ref('int_receivables_by_month') }}
),
sums as (
    {% for dimension, column in collection_dimensions().items() %}
    select
        month,
        '{{ dimension }}' as dimension,
        {{ column }} as dimension_id,
        min(until_day) as until_day,
        min(days_in_month) as days_in_month,
        sum(opening_amount) as opening_receivable,
        sum(billed) as billed,
        sum(received) as received,
        sum(written_off) as written_off,
        sum(closing_amount) as closing_receivable,
        sum(closing_not_due) as closing_not_due
    from months
    group by month, {{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)
select
    month,
    dimension,
    dimension_id,
    until_day,
    cast(days_in_month as bigint) as days_in_month,
    cast(opening_receivable as {{ money() }}) as opening_receivable,
    cast(billed as {{ money() }}) as billed,
    cast(received as {{ money() }}) as received,
    cast(written_off as {{ money() }}) as written_off,
    cast(closing_receivable as {{ money() }}) as closing_receivable,
    cast(closing_not_due as {{ money() }}) as closing_not_due,
    cast(closing_receivable - closing_not_due as {{ money() }}) as closing_past_due,
    cast(opening_receivable + billed - closing_not_due as {{ money() }}) as collectible,
    {{ ratio('closing_receivable * days_in_month', 'billed') }} as days_sales_outstanding,
    {{ ratio('received', 'opening_receivable + billed - closing_not_due') }} as collection_effectiveness
from sums
