-- One row per (rerate_id, account_id, service_number, bill_item_id, zone_id, business_unit_id, closed_period, call_date) of
-- closed calls whose charge a re-rating adjusts, of the re-ratings that post into a period up to the as-of date's.
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
