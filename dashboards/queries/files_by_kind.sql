-- reads: file_reconciliation
-- One row per kind of file, or the one that is asked for: how many came, and how they ended.
select
    file_kind,
    count(*) as files,
    count(*) filter (where file_status = 'loaded') as loaded,
    count(*) filter (where file_status = 'held') as held,
    count(*) filter (where file_status = 'rejected') as rejected
from file_reconciliation
where $kind is null or file_kind = $kind
group by file_kind
order by file_kind
