-- reads: debit_corrections
-- One row per notification of change that a bank sent in the month after a period. $bank null: every bank.
select
    bank_code,
    batch_id,
    line,
    account_id,
    outlet_id,
    bank_account,
    correction_code,
    corrected_data,
    notified_on
from debit_corrections
where strftime(notified_on - interval 1 month, '%Y-%m') = $period and ($bank is null or bank_code = $bank)
order by notified_on, bank_code, batch_id, line
