-- One row per detail line of an accepted bank result file, with what its result code means.
select
    batches.bank_code || ':' || batches.batch_id || ':' || cast(debits.line as varchar) as payment_id,
    debits.file_id,
    batches.bank_code,
    batches.batch_id,
    debits.line,
    batches.billing_period,
    batches.debited_on,
    debits.account_id,
    debits.bank_account,
    debits.amount,
    debits.result_code,
    codes.outcome,
    codes.cause
from {{ source('raw', 'debits') }} as debits
inner join {{ ref('stg_bank__debit_batches') }} as batches on debits.file_id = batches.file_id and batches.is_accepted
left join {{ ref('debit_result_codes') }} as codes
    on batches.bank_code = codes.bank_code and debits.result_code = codes.result_code
