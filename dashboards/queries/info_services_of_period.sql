-- reads: info_service_calls
-- One row per access prefix and provider in a period, the largest amount first.
select
    access_prefix,
    provider_id,
    provider_name,
    contact,
    cast(count(distinct customer_id) as bigint) as customers,
    cast(sum(calls) as bigint) as calls,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(amount) as decimal(18, 6)) as amount
from info_service_calls
where billing_period = $period
group by access_prefix, provider_id, provider_name, contact
order by amount desc, access_prefix asc, provider_id asc, contact asc
