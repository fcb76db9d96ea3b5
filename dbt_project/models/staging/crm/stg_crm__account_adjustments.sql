-- One row per adjustment or write-off of the newest account_adjustments export dated up to the as-of date.
select
    adjustment_id,
    account_id,
    kind,
    amount,
    dated_on,
    bill_item_id,
    service_number,
    reason,
    prepared_by,
    approved_by,
    reverses_adjustment_id
from {{ source('raw', 'crm_account_adjustments') }}
