-- reads: file_reconciliation
-- One row: files that are held or rejected, and the records of the held ones.
select
    cast(count(*) filter (where file_status = 'held') as bigint) as held,
    cast(count(*) filter (where file_status = 'rejected') as bigint) as rejected,
    cast(coalesce(sum(read_records) filter (where file_status = 'held'), 0) as bigint) as held_records
from file_reconciliation
