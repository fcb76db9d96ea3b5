-- One row per (prefix, valid_from) of int_destinations with everything that a call to it needs. `destination_id` grows with
-- the depth: of the prefixes that start one number the longest has the greatest, so that a search needs to carry nothing
-- else.
select
    cast(row_number() over (order by destinations.prefix, destinations.valid_from) as integer) as destination_id,
    destinations.prefix,
    destinations.prefix_length,
    destinations.valid_from,
    destinations.valid_to,
    zones.zone_id,
    zones.call_category,
    zones.bill_item_id,
    zones.charged_party,
    destinations.fault
from {{ ref('int_destinations') }} as destinations
left join {{ ref('int_zones') }} as zones on destinations.zone_id = zones.zone_id
