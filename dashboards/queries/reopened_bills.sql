-- reads: period_reopenings
-- One row per reopening of a billing period and account whose bill comes to another amount since then, the largest difference first.
select
    billing_period,
    reopening_number,
    account_id,
    cast(sum(frozen_calls) as bigint) as frozen_calls,
    cast(sum(calls) as bigint) as calls,
    cast(sum(frozen_amount) as decimal(18, 2)) as frozen_amount,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(sum(difference_amount) as decimal(18, 2)) as difference_amount
from period_reopenings
group by billing_period, reopening_number, account_id
having sum(difference_amount) <> 0
order by billing_period desc, reopening_number desc, abs(sum(difference_amount)) desc, account_id asc
