-- One row per notification of change in an accepted bank result file: the bank asks for a correction of an account's data.
select
    batches.bank_code,
    batches.batch_id,
    lines.line,
    lines.account_id,
    lines.bank_account,
    lines.result_code as correction_code,
    lines.reason_text as corrected_data,
    batches.debited_on as notified_on
from {{ source('raw', 'debits') }} as lines
inner join {{ ref('stg_bank__debit_batches') }} as batches on lines.file_id = batches.file_id and batches.is_accepted
where lines.line_kind = 'correction'
