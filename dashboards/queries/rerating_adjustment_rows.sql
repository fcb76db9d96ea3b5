-- reads: rerating_adjustments
-- One row per re-rating, account, number, bill item, tariff zone, unit, closed period and day, the largest difference first.
select
    rerate_id,
    account_id,
    service_number,
    bill_item_id,
    zone_id,
    business_unit_id,
    closed_period,
    call_date,
    calls,
    amount_before,
    amount_after,
    amount_difference,
    adjusted_in
from rerating_adjustments
order by
    abs(amount_difference) desc, rerate_id asc, account_id asc, service_number asc, bill_item_id asc, zone_id asc nulls last,
    business_unit_id asc nulls last, closed_period asc, call_date asc
