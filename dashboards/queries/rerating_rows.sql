-- reads: rerating_changes
-- One row per re-rating, account, tariff zone, business unit and billing period, the largest difference first.
select
    rerate_id,
    account_id,
    zone_id,
    business_unit_id,
    billing_period,
    is_period_closed,
    calls_changed,
    amount_before,
    amount_after,
    amount_difference,
    adjusted_in
from rerating_changes
order by
    abs(amount_difference) desc, rerate_id asc, account_id asc, zone_id asc nulls last, business_unit_id asc nulls last,
    billing_period asc
