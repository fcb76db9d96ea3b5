-- reads: rerating_changes
-- One row per re-rating and business unit.
select
    rerate_id,
    business_unit_id,
    cast(sum(calls_changed) as bigint) as calls_changed,
    cast(sum(amount_before) as decimal(18, 6)) as amount_before,
    cast(sum(amount_after) as decimal(18, 6)) as amount_after,
    cast(sum(amount_difference) as decimal(18, 6)) as amount_difference
from rerating_changes
group by rerate_id, business_unit_id
order by rerate_id, business_unit_id nulls last
