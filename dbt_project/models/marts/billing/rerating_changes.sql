-- One row per (rerate_id, account_id, zone_id, business_unit_id, billing_period) that a published re-rating changed: its
-- rated calls on the re-rated days, before and after.
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
    cast(amount_after - amount_before as {{ call_money() }}) as amount_difference,
    case when is_period_closed then adjusted_in end as adjusted_in,
    first_day,
    last_day,
    why
from {{ ref('stg_ledger__rerating_changes') }}
