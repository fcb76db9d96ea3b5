-- reads: file_reconciliation
-- One row per file that is held or rejected, with its reason; the newest first.
select
    file_name,
    file_kind,
    source,
    file_date,
    file_status,
    status_reason,
    read_records,
    data_rows,
    file_id
from file_reconciliation
where
    file_status <> 'loaded'
    and ($kind is null or file_kind = $kind)
order by file_date desc nulls last, file_name asc, source asc, file_id asc
