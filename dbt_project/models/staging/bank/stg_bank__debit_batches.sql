-- One row per bank result file that is not rejected; held ones too (is_accepted says which count).
-- Where a person let a second file of a batch in, its batch id has the number of the file: its debits are others. A file without
-- results (of debits on their way) takes no number.
with batches as (
    select
        batches.*,
        files.file_status = 'loaded' as is_accepted,
        files.file_name,
        files.file_date,
        files.status_reason,
        files.is_difference_accepted,
        row_number() over (
            partition by
                batches.bank_code, batches.batch_id, batches.debited_on, files.file_status,
                batches.detail_records + batches.correction_records > 0
            order by files.effective_order asc nulls last, batches.file_id asc
        ) as file_number
    from {{ source('raw', 'debit_batches') }} as batches
    inner join {{ ref('stg_ledger__files') }} as files on batches.file_id = files.file_id
)
select
    file_id,
    bank_code,
    case when is_accepted and file_number > 1 then batch_id || '#' || cast(file_number as varchar) else batch_id end as batch_id,
    billing_period,
    debited_on,
    records,
    total_amount,
    success_records,
    success_amount,
    trailer_records,
    detail_records,
    detail_total_amount,
    detail_success_records,
    detail_success_amount,
    totals_agree,
    result_scheme,
    pending_records,
    correction_records,
    passed_over_records,
    is_period_named,
    no_amount_records,
    charge_amount,
    is_accepted,
    is_difference_accepted,
    file_name,
    file_date,
    status_reason
from batches
