-- reads: debit_batches
-- The debit batches of a bank's file.
select
    bank_code,
    batch_id,
    debited_on,
    billing_period,
    is_accepted,
    records,
    total_amount,
    success_records,
    success_amount
from debit_batches
where file_id = $file
order by bank_code, batch_id, debited_on
