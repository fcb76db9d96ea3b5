-- reads: period_reopenings
-- One row per reopening of a billing period and bill item: its bill lines as they were closed and since then.
select
    billing_period,
    reopening_number,
    bill_item_id,
    cast(sum(frozen_lines) as bigint) as frozen_lines,
    cast(sum(lines) as bigint) as lines,
    cast(sum(frozen_amount) as decimal(18, 2)) as frozen_amount,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(sum(difference_amount) as decimal(18, 2)) as difference_amount
from period_reopenings
group by billing_period, reopening_number, bill_item_id
order by billing_period desc, reopening_number desc, bill_item_id asc
