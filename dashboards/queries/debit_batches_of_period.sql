-- reads: debit_batches
-- One row per bank result file for a period, in the order of the banks and days. $bank null: every bank.
select
    bank_code,
    batch_id,
    file_name,
    debited_on,
    records,
    total_amount,
    success_records,
    success_amount,
    detail_records,
    detail_total_amount,
    detail_success_records,
    detail_success_amount,
    totals_agree,
    is_accepted,
    is_difference_accepted,
    pending_records,
    correction_records,
    passed_over_records,
    no_amount_records,
    charge_amount
from debit_batches
where billing_period = $period and ($bank is null or bank_code = $bank)
order by bank_code, debited_on, batch_id, file_id
