-- reads: revenue_balance_monthly
-- One row per month and kind of payment, and what of all payments lies on no bill.
select
    billing_period,
    step,
    item,
    cast(sum(records) as bigint) as records,
    cast(sum(amount) as decimal(18, 2)) as amount
from revenue_balance_monthly
where step in ('cash', 'left')
group by billing_period, step, item
order by step asc, billing_period asc, item asc
