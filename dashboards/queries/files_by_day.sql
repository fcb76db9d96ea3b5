-- reads: file_reconciliation
-- One row per kind of file, day and status: how many files came, and the call records in them.
select
    file_kind,
    file_date,
    file_status,
    cast(count(*) as bigint) as files,
    cast(coalesce(sum(read_records), 0) as bigint) as read_records,
    cast(coalesce(sum(rated), 0) as bigint) as rated
from file_reconciliation
group by file_kind, file_date, file_status
order by file_kind, file_date nulls first, file_status
