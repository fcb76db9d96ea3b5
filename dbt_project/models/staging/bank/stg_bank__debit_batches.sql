-- One row per bank result file that is not rejected; held ones too (is_accepted says which count).
select
    batches.file_id,
    batches.bank_code,
    batches.batch_id,
    batches.billing_period,
    batches.debited_on,
    batches.records,
    batches.total_amount,
    batches.success_records,
    batches.success_amount,
    batches.trailer_records,
    batches.detail_records,
    batches.detail_total_amount,
    batches.detail_success_records,
    batches.detail_success_amount,
    batches.totals_agree,
    batches.result_scheme,
    batches.pending_records,
    batches.correction_records,
    batches.passed_over_records,
    files.file_status = 'loaded' as is_accepted,
    files.file_name,
    files.file_date,
    files.status_reason
from {{ source('raw', 'debit_batches') }} as batches
inner join {{ ref('stg_ledger__files') }} as files on batches.file_id = files.file_id
