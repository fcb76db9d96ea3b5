-- reads: file_reconciliation
-- One row per day with the records of its call files by their state.
select
    file_date,
    cast(count(*) as bigint) as files,
    cast(sum(read_records) as bigint) as read_records,
    cast(sum(malformed) as bigint) as malformed,
    cast(sum(ignored) as bigint) as ignored,
    cast(sum(held) as bigint) as held,
    cast(sum(duplicate) as bigint) as duplicate,
    cast(sum(other_day) as bigint) as other_day,
    cast(sum(partial) as bigint) as partial,
    cast(sum(not_answered) as bigint) as not_answered,
    cast(sum(not_charged) as bigint) as not_charged,
    cast(sum(undocumented) as bigint) as undocumented,
    cast(sum(unrated) as bigint) as unrated,
    cast(sum(rated) as bigint) as rated
from file_reconciliation
where
    file_date between $first_day and $last_day
    and file_kind = 'cdr'
group by file_date
order by file_date asc
