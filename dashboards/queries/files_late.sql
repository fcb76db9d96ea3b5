-- reads: expected_files
-- One row per switch and day of which files that were due are missing, the latest first.
select
    switch_id,
    file_date,
    exchange_id,
    due_files,
    arrived_files,
    missing_files,
    days_late
from expected_files
where missing_files > 0
order by days_late desc, file_date asc, switch_id asc
