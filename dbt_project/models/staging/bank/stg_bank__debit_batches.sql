-- One row per bank result file that is not rejected. Held files are included; is_accepted is true for those that count. Of
-- files of one bank, batch and day each after the first has its number in the batch id: its debits are others.
with batches as (
    select
        batches.*,
        files.file_status = 'loaded' as is_accepted,
        files.file_name,
        files.file_date,
        files.status_reason,
        files.is_difference_accepted
    from {{ source('raw', 'debit_batches') }} as batches
    inner join {{ ref('stg_ledger__files') }} as files on batches.file_id = files.file_id
)
select
    batches.file_id,
    batches.bank_code,
    days.batch_id,
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
    batches.is_period_named,
    batches.no_amount_records,
    batches.charge_amount,
    batches.is_accepted,
    batches.is_difference_accepted,
    batches.file_name,
    batches.file_date,
    batches.status_reason
from batches
inner join {{ ref('stg_bank__result_days') }} as days on batches.file_id = days.file_id and batches.debited_on = days.debited_on
