-- reads: receivables_kpis
-- One row per month, the newest first: the receivables with DSO and collection effectiveness, of one member of a dimension.
select
    month,
    until_day,
    days_in_month,
    opening_receivable,
    billed,
    received,
    written_off,
    closing_receivable,
    closing_not_due,
    closing_past_due,
    collectible,
    days_sales_outstanding,
    collection_effectiveness
from receivables_kpis
where dimension = $dimension and dimension_id = $member
order by month desc
