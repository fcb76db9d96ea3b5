-- reads: info_service_calls
-- One row per customer with calls to information services in a period, the largest amount first; the first $at_most of them.
select
    customer_id,
    cast(count(distinct access_prefix) as bigint) as services,
    cast(sum(calls) as bigint) as calls,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(amount) as decimal(18, 6)) as amount
from info_service_calls
where billing_period = $period
group by customer_id
order by amount desc, customer_id asc
limit $at_most
