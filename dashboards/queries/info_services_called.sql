-- reads: info_service_calls
-- One row per access prefix and provider that was called, with all that it was called in the edition.
select
    access_prefix,
    provider_id,
    provider_name,
    contact,
    cast(sum(calls) as bigint) as calls,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(amount) as decimal(18, 6)) as amount
from info_service_calls
group by access_prefix, provider_id, provider_name, contact
order by access_prefix asc, provider_id asc
