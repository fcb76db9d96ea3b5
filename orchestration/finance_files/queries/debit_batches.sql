-- reads: debit_batches
-- One row per result file of a bank for a period; a batch that names no period is of the month before its debits.
select
    bank_code,
    batch_id,
    debited_on,
    billing_period,
    file_id,
    file_name,
    is_accepted,
    is_difference_accepted,
    totals_agree,
    records,
    total_amount,
    success_records,
    success_amount,
    detail_records,
    detail_total_amount,
    detail_success_records,
    detail_success_amount,
    pending_records,
    correction_records,
    passed_over_records,
    no_amount_records,
    charge_amount,
    result_scheme
from debit_batches
where coalesce(billing_period, strftime(debited_on - interval 1 month, '%Y-%m')) = $period
order by bank_code, debited_on, batch_id, file_id
