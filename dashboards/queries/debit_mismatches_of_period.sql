-- reads: debit_result_mismatches
-- One row per line of a bank's result that does not match a request, and kind of mismatch. $bank null: every bank.
select
    bank_code,
    batch_id,
    line,
    kind,
    account_id,
    bank_account,
    amount,
    collected_amount,
    result_code,
    debited_on,
    file_name,
    request_batch_id,
    request_line,
    requested_account_id,
    requested_bank_account,
    requested_amount
from debit_result_mismatches
where billing_period = $period and ($bank is null or bank_code = $bank)
order by bank_code, debited_on, batch_id, line, kind
