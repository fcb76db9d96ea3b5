-- One row per line (bank_code, batch_id, line) of the debit requests made up to the as-of date.
select
    bank_code,
    batch_id,
    line,
    account_id,
    billing_period,
    bank_account,
    amount,
    requested_on,
    debit_on,
    asked_again_on
from {{ source('raw', 'debit_requests') }}
