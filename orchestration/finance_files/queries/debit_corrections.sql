-- reads: debit_corrections
-- One row per notification of change that a bank sent in the month after a period, in which its bills are debited.
select
    bank_code,
    batch_id,
    notified_on,
    line,
    account_id,
    customer_id,
    outlet_id,
    bank_account,
    correction_code,
    corrected_data
from debit_corrections
where strftime(notified_on - interval 1 month, '%Y-%m') = $period
order by bank_code, notified_on, batch_id, line
