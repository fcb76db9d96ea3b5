-- One row per (rerate_id, account_id, service_number, bill_item_id, closed_period): the amount that a re-rating posts for
-- them. Re-ratings count whose adjustments are posted in a period up to that of the as-of date.
select
    rerate_id,
    account_id,
    service_number,
    bill_item_id,
    closed_period,
    amount,
    adjusted_in
from {{ source('raw', 'rerating_lines') }}
