-- One row per (rerate_id, account_id, service_number, bill_item_id, closed_period): the amount that a re-rating posts for
-- them, of the re-ratings that post into a period up to the as-of date's.
select
    rerate_id,
    account_id,
    service_number,
    bill_item_id,
    closed_period,
    amount,
    adjusted_in
from {{ source('raw', 'rerating_lines') }}
