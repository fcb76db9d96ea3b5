-- One row per bank result file that is not rejected and day of the file or of one of its debits (file_id, debited_on): the
-- batch id of its debits of that day. Banks count their batches anew, and a statement may be of several days: where files of
-- one bank, batch and day are loaded, each after the first has its number behind the id. A file without results (of debits
-- on their way) takes no number.
with batches as (
    select
        batches.file_id,
        batches.bank_code,
        batches.batch_id,
        batches.debited_on,
        batches.detail_records + batches.correction_records > 0 as has_results,
        files.file_status,
        files.effective_order
    from {{ source('raw', 'debit_batches') }} as batches
    inner join {{ ref('stg_ledger__files') }} as files on batches.file_id = files.file_id
),
days as (
    select
        file_id,
        debited_on
    from batches
    union distinct
    select
        file_id,
        debited_on
    from {{ source('raw', 'debits') }}
    where line_kind = 'debit' and debited_on is not null
),
numbered as (
    select
        batches.file_id,
        batches.batch_id,
        batches.file_status,
        days.debited_on,
        row_number() over (
            partition by batches.bank_code, batches.batch_id, days.debited_on, batches.file_status, batches.has_results
            order by batches.effective_order asc nulls last, batches.file_id asc
        ) as file_number
    from batches
    inner join days on batches.file_id = days.file_id
)
select
    file_id,
    debited_on,
    case
        when file_status = 'loaded' and file_number > 1 then batch_id || '#' || cast(file_number as varchar)
        else batch_id
    end as batch_id
from numbered
