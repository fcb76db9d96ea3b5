-- reads: file_reconciliation
-- One row per file of some days and kind, the newest first. A file whose name has no date is in no days.
select
    file_name,
    file_kind,
    source,
    file_date,
    sequence_number,
    file_status,
    status_reason,
    declared_records,
    read_records,
    rated,
    cast(malformed + held + duplicate + other_day + undocumented + unrated as bigint) as set_aside,
    data_rows,
    set_aside_rows,
    file_id
from file_reconciliation
where
    file_date between $first_day and $last_day
    and ($kind is null or file_kind = $kind)
order by file_date desc, file_kind asc, source asc, sequence_number desc nulls last, file_name asc, file_id asc
