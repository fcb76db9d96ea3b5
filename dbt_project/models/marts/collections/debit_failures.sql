-- One row per failed line (bank_code, batch_id, line) of the accepted debit batches, with whom to ask.
select
    debits.bank_code,
    debits.batch_id,
    debits.line,
    debits.account_id,
    accounts.customer_id,
    customers.outlet_id,
    cast(debits.amount as {{ money() }}) as amount,
    debits.result_code,
    debits.cause
from {{ ref('stg_bank__debits') }} as debits
left join {{ ref('stg_crm__accounts') }} as accounts on debits.account_id = accounts.account_id
left join {{ ref('stg_crm__customers') }} as customers on accounts.customer_id = customers.customer_id
where debits.outcome = 'failed'
