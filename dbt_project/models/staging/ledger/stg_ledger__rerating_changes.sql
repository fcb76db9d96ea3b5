-- One row per (rerate_id, account_id, zone_id, business_unit_id, billing_period) that a published re-rating changed.
-- Re-ratings count whose adjustments are posted in a period up to that of the as-of date.
select
    rerate_id,
    account_id,
    zone_id,
    business_unit_id,
    billing_period,
    is_period_closed,
    calls_before,
    calls_after,
    calls_changed,
    newly_rated_calls,
    no_longer_rated_calls,
    amount_before,
    amount_after,
    first_day,
    last_day,
    why,
    adjusted_in
from {{ source('raw', 'rerating_changes') }}
