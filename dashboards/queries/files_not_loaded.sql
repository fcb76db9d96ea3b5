-- reads: file_reconciliation
-- One row per held or rejected file, the newest first.
select
    file_kind,
    file_name,
    source,
    file_date,
    file_status,
    status_reason,
    read_records
from file_reconciliation
where file_status <> 'loaded'
order by file_date desc nulls last, file_name asc, source asc, file_id asc
