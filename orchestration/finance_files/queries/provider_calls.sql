-- reads: info_service_calls
-- One row per customer and access prefix in a period: the calls to an information service.
select
    billing_period,
    customer_id,
    access_prefix,
    provider_id,
    provider_name,
    contact,
    calls,
    seconds,
    amount
from info_service_calls
where billing_period = $period
order by customer_id, access_prefix
