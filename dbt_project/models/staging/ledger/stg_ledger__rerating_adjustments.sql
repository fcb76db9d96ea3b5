-- One row per (rerate_id, account_id, service_number, bill_item_id, zone_id, business_unit_id, closed_period, call_date) of
-- closed calls whose charge a re-rating adjusts. Re-ratings count whose adjustments are posted in a period up to that of the
-- as-of date.
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
    adjusted_in
from {{ source('raw', 'rerating_adjustments') }}
