-- One row per table of the customer system: its newest snapshot, to which the entry standard is applied.
select
    snapshots.export_table,
    snapshots.file_id,
    files.file_name,
    files.file_date
from {{ source('raw', 'crm_snapshots') }} as snapshots
inner join {{ ref('stg_ledger__files') }} as files on snapshots.file_id = files.file_id
where snapshots.is_newest
