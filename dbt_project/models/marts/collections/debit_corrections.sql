-- One row per notification of change (bank_code, batch_id, notified_on, line): the bank reports that an account's data must
-- be corrected. It is not the result of a debit.
select
    corrections.bank_code,
    corrections.batch_id,
    corrections.line,
    corrections.account_id,
    accounts.customer_id,
    customers.outlet_id,
    corrections.bank_account,
    corrections.correction_code,
    corrections.corrected_data,
    corrections.notified_on
from {{ ref('stg_bank__debit_corrections') }} as corrections
left join {{ ref('int_accounts_known') }} as accounts on corrections.account_id = accounts.account_id
left join {{ ref('int_customers_known') }} as customers on accounts.customer_id = customers.customer_id
