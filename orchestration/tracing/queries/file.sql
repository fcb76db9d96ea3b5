-- reads: file_reconciliation
-- A file and the states of its records: they sum to what was read.
select *
from file_reconciliation
where file_id = $file or file_name = $file
order by file_id
