-- reads: revenue_assurance_kpis
-- One row per measure of revenue assurance and item of a month; the row of all items last.
select
    billing_period,
    kpi,
    item,
    unit,
    numerator,
    denominator,
    value,
    target
from revenue_assurance_kpis
where billing_period = $period
order by
    list_position(['leakage', 'undocumented', 'duplicates', 'rating_accuracy', 'billing_errors', 'debit_returns'], kpi) asc,
    item = 'all' asc,
    item asc
