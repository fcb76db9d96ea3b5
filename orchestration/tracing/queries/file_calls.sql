-- reads: rated_calls
-- The rated calls of a file by billing period and bill item.
select
    billing_period,
    bill_item_id,
    count(*) as calls,
    sum(duration_seconds) as seconds,
    count(distinct account_id) as accounts,
    sum(amount) as amount
from rated_calls
where starts_with(call_id, $file || ':')
group by billing_period, bill_item_id
order by billing_period, bill_item_id
