-- reads: file_reconciliation
-- One row per status of the CDR files: how many files, and their records by state.
select
    file_status,
    count(*) as files,
    sum(read_records) as read_records,
    sum(malformed) as malformed,
    sum(ignored) as ignored,
    sum(held) as held,
    sum(duplicate) as duplicate,
    sum(other_day) as other_day,
    sum(partial) as partial,
    sum(not_answered) as not_answered,
    sum(not_charged) as not_charged,
    sum(undocumented) as undocumented,
    sum(unrated) as unrated,
    sum(rated) as rated
from file_reconciliation
where file_kind = 'cdr'
group by file_status
order by file_status
