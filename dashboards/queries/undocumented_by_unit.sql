-- reads: undocumented_numbers
-- One row per business unit with undocumented numbers: how many, their calls, and what those would come to.
select
    coalesce(business_unit_id, 'unassigned') as business_unit_id,
    cast(count(*) as bigint) as numbers,
    cast(sum(calls) as bigint) as calls,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(estimated_amount) as decimal(18, 6)) as estimated_amount,
    cast(sum(calls_without_estimate) as bigint) as calls_without_estimate,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at
from undocumented_numbers
group by coalesce(business_unit_id, 'unassigned')
order by numbers desc, business_unit_id asc
