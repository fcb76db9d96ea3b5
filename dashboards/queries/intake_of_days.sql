-- reads: file_reconciliation
-- One row: records read and records set aside from the CDR files of some days.
select
    coalesce(sum(read_records), 0) as read_records,
    coalesce(sum(malformed + held + duplicate + other_day + undocumented + unrated), 0) as set_aside_records
from file_reconciliation
where
    file_kind = 'cdr'
    and file_date between cast($first_day as date) and cast($last_day as date)
