-- reads: revenue_balance_monthly
-- One row per step, item, unit and age of a month's balance, from the files to what is open.
select
    billing_period,
    step,
    item,
    business_unit_id,
    age_bucket,
    records,
    seconds,
    amount,
    estimated_amount,
    calls_without_estimate
from revenue_balance_monthly
where billing_period = $period
order by
    list_position(['read', 'state', 'period', 'charge', 'rounding', 'line', 'bill', 'settlement', 'open', 'cash', 'left'], step) asc,
    item asc,
    business_unit_id = 'unassigned' asc,
    business_unit_id asc,
    age_bucket asc
