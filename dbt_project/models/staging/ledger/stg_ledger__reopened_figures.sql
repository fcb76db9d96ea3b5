-- One row per (billing_period, reopening_number, account_id, bill_item_id): what had been closed before the reopening.
select
    billing_period,
    reopening_number,
    account_id,
    bill_item_id,
    calls,
    seconds,
    lines,
    amount
from {{ source('raw', 'reopened_figures') }}
