-- One row per line of an accepted result file of a bank (bank_code, batch_id, debited_on, line): the requested amount and
-- the collected amount by the bank.
select
    debits.payment_id,
    debits.bank_code,
    debits.batch_id,
    debits.line,
    debits.account_id,
    debits.billing_period,
    debits.is_period_named,
    debits.bank_account,
    debits.amount,
    debits.collected_amount,
    debits.result_code,
    debits.outcome,
    debits.is_return,
    debits.reference,
    debits.debited_on,
    files.file_name
from {{ ref('stg_bank__debits') }} as debits
left join {{ ref('stg_ledger__files') }} as files on debits.file_id = files.file_id
where debits.debited_on <= {{ as_of_date() }}
