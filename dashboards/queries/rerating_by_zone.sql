-- reads: rerating_changes
-- One row per re-rating and tariff zone.
select
    rerate_id,
    zone_id,
    cast(sum(calls_changed) as bigint) as calls_changed,
    cast(sum(amount_before) as decimal(18, 6)) as amount_before,
    cast(sum(amount_after) as decimal(18, 6)) as amount_after,
    cast(sum(amount_difference) as decimal(18, 6)) as amount_difference
from rerating_changes
group by rerate_id, zone_id
order by rerate_id, zone_id nulls last
