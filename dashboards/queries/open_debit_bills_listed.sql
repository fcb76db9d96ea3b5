-- reads: open_debit_bills
-- One row per issued bill that is not paid in full and whose payer pays by debit, the oldest first. $bank null: every bank.
select
    billing_period,
    account_id,
    bill_account_id,
    bank_code,
    bank_account,
    customer_name,
    amount,
    due_on,
    fault
from open_debit_bills
where $bank is null or bank_code = $bank
order by billing_period, bank_code nulls last, account_id asc, bill_account_id asc
