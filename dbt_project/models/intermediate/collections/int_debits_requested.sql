-- One row per line of a debit request (bank_code, batch_id, line) made up to the as-of date. Where the bank's files list
-- failures only, refused_until is the last day on which a file can refuse the debit; otherwise it is null.
select
    requests.*,
    {{ add_days('requests.debit_on', 'banks.days') }} as refused_until
from {{ ref('stg_ledger__debit_requests') }} as requests
left join {{ source('raw', 'banks_by_exception') }} as banks on requests.bank_code = banks.bank_code
