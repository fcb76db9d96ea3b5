-- One row per customer-system export that has ever come: its newest snapshot, which the entry standard looks at.
select
    snapshots.export_table,
    snapshots.file_id,
    files.file_name,
    files.file_date
from {{ source('raw', 'crm_snapshots') }} as snapshots
inner join {{ ref('stg_ledger__files') }} as files on snapshots.file_id = files.file_id
where snapshots.is_newest
