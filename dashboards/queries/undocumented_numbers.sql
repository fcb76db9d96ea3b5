-- reads: undocumented_numbers
-- One row per charged number that nobody holds, the largest estimated amount first.
select
    calling_number,
    exchange_id,
    business_unit_id,
    outlet_id,
    calls,
    seconds,
    estimated_amount,
    calls_without_estimate,
    first_seen_at,
    last_seen_at,
    accounts_nearby
from undocumented_numbers
where
    ($unit is null or coalesce(business_unit_id, 'unassigned') = $unit)
    and ($outlet is null or coalesce(outlet_id, 'unassigned') = $outlet)
    and ($exchange is null or coalesce(exchange_id, 'unassigned') = $exchange)
order by estimated_amount desc nulls last, calls desc, calling_number asc
