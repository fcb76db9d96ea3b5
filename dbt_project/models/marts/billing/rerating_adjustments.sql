-- One row per (rerate_id, account_id, service_number, bill_item_id, zone_id, business_unit_id, closed_period, call_date) of
-- closed calls whose charge a re-rating adjusts: their amounts before and now.
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
    cast(amount_after - amount_before as {{ call_money() }}) as amount_difference,
    adjusted_in
from {{ ref('stg_ledger__rerating_adjustments') }}
