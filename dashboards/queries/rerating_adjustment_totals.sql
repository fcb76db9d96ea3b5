-- reads: rerating_adjustments
-- One row per re-rating, closed period and period in which it is adjusted.
select
    rerate_id,
    closed_period,
    adjusted_in,
    cast(sum(calls) as bigint) as calls,
    cast(sum(amount_before) as decimal(18, 6)) as amount_before,
    cast(sum(amount_after) as decimal(18, 6)) as amount_after,
    cast(sum(amount_difference) as decimal(18, 6)) as amount_difference
from rerating_adjustments
group by rerate_id, closed_period, adjusted_in
order by rerate_id, closed_period, adjusted_in
