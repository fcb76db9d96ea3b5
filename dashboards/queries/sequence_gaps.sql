-- reads: sequence_gaps
-- One row per stretch of file numbers that never came, the oldest first.
select
    switch_id,
    missing_from,
    missing_to,
    missing_files,
    gap_since,
    age_days
from sequence_gaps
order by gap_since asc, switch_id asc, missing_from asc
