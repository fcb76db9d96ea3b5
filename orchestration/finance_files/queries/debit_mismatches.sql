-- reads: debit_result_mismatches
-- One row per line of a bank's result that does not match a request, and kind of mismatch; one without a period is of the month before.
select
    bank_code,
    batch_id,
    debited_on,
    line,
    kind,
    account_id,
    billing_period,
    bank_account,
    amount,
    collected_amount,
    result_code,
    file_name,
    request_batch_id,
    request_line,
    requested_account_id,
    requested_bank_account,
    requested_amount
from debit_result_mismatches
where coalesce(billing_period, strftime(debited_on - interval 1 month, '%Y-%m')) = $period
order by bank_code, debited_on, batch_id, line, kind
