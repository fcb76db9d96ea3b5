-- reads: expected_files
-- One row: files that were due and have not come, and on how many days of a switch.
select
    cast(coalesce(sum(missing_files), 0) as bigint) as missing,
    cast(count(*) filter (where missing_files > 0) as bigint) as switch_days
from expected_files
