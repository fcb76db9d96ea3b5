-- One row per line (bank_code, batch_id, debited_on, line) of the accepted debit batches that was not collected whole, with whom to ask.
select
    debits.bank_code,
    debits.batch_id,
    debits.debited_on,
    debits.line,
    debits.account_id,
    accounts.customer_id,
    customers.outlet_id,
    cast(debits.amount - debits.collected_amount as {{ money() }}) as amount,
    cast(debits.amount as {{ money() }}) as requested_amount,
    debits.collected_amount,
    debits.result_code,
    debits.cause,
    debits.is_cause_inferred,
    debits.reason_text
from {{ ref('stg_bank__debits') }} as debits
left join {{ ref('int_accounts_known') }} as accounts on debits.account_id = accounts.account_id
left join {{ ref('int_customers_known') }} as customers on accounts.customer_id = customers.customer_id
where debits.outcome = 'failed' or debits.collected_amount < debits.amount
