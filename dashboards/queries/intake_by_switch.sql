-- reads: file_reconciliation
-- One row per switch with CDR files dated in some days: files, records read, and records by the state that set them aside.
select
    switch_id,
    cast(count(*) as bigint) as files,
    cast(count(*) filter (where file_status = 'held') as bigint) as held_files,
    cast(count(*) filter (where file_status = 'rejected') as bigint) as rejected_files,
    cast(coalesce(sum(read_records), 0) as bigint) as read_records,
    cast(coalesce(sum(malformed), 0) as bigint) as malformed,
    cast(coalesce(sum(held), 0) as bigint) as held,
    cast(coalesce(sum(duplicate), 0) as bigint) as duplicate,
    cast(coalesce(sum(other_day), 0) as bigint) as other_day,
    cast(coalesce(sum(undocumented), 0) as bigint) as undocumented,
    cast(coalesce(sum(unrated), 0) as bigint) as unrated
from file_reconciliation
where
    file_kind = 'cdr'
    and file_date between cast($first_day as date) and cast($last_day as date)
group by switch_id
order by switch_id asc nulls last
