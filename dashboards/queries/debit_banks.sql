-- reads: debit_batches, debit_requests, open_debit_bills
-- One row per bank with a request, a result or a bill to debit.
select bank_code
from debit_batches
union
select bank_code
from debit_requests
union
select bank_code
from open_debit_bills
where bank_code is not null
order by bank_code
