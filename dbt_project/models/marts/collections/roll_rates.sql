-- One row per (month, dimension, dimension_id, from_bucket): what became in a calendar month of the money that was open in an
-- ageing bucket at the end of the month before, or that was billed in the month (`billed`): the part that was paid, less what
-- went back, the part that was written off, and the part that is still open at the month's end, by its bucket then. The newest
-- month ends on the as-of date. What belongs to nobody is in the row `unassigned`.
with sums as (
    {% for dimension, column in collection_dimensions().items() %}
    select
        month,
        '{{ dimension }}' as dimension,
        {{ column }} as dimension_id,
        opening_bucket as from_bucket,
        min(until_day) as until_day,
        sum(opening_amount + billed) as from_amount,
        sum(received) as paid_amount,
        sum(written_off) as written_off_amount,
        sum(closing_amount) as rolled_amount,
        sum(case when closing_bucket = 'not_due' then closing_amount else 0 end) as amount_not_due,
        sum(case when closing_bucket = '1-30' then closing_amount else 0 end) as amount_1_30,
        sum(case when closing_bucket = '31-60' then closing_amount else 0 end) as amount_31_60,
        sum(case when closing_bucket = '61-90' then closing_amount else 0 end) as amount_61_90,
        sum(case when closing_bucket = '91+' then closing_amount else 0 end) as amount_91_plus
    from {{ ref('int_receivables_by_month') }}
    group by month, {{ column }}, opening_bucket
    {{ 'union all' if not loop.last }}
    {% endfor %}
)
select
    month,
    dimension,
    dimension_id,
    from_bucket,
    until_day,
    cast(from_amount as {{ money() }}) as from_amount,
    cast(paid_amount as {{ money() }}) as paid_amount,
    cast(written_off_amount as {{ money() }}) as written_off_amount,
    cast(rolled_amount as {{ money() }}) as rolled_amount,
    cast(amount_not_due as {{ money() }}) as amount_not_due,
    cast(amount_1_30 as {{ money() }}) as amount_1_30,
    cast(amount_31_60 as {{ money() }}) as amount_31_60,
    cast(amount_61_90 as {{ money() }}) as amount_61_90,
    cast(amount_91_plus as {{ money() }}) as amount_91_plus,
    {{ ratio('rolled_amount', 'from_amount') }} as roll_rate
from sums
