-- One row per line (bank_code, batch_id, debited_on, line) of the accepted debit batches that was not collected in full,
-- with the outlet that can ask the customer. Lines that take back a debit that was collected before are included:
-- returned_payment_id names the debit. A refused line without an amount has that of its request.
with requested as (
    select
        answers.bank_code,
        answers.result_batch_id,
        answers.result_debited_on,
        answers.result_line,
        requests.amount
    from {{ ref('int_debit_answers') }} as answers
    inner join {{ ref('int_debits_requested') }} as requests
        on answers.bank_code = requests.bank_code and answers.batch_id = requests.batch_id and answers.line = requests.line
),
-- A second refusal of a request does not answer it, but has its amount.
requested_in_batch as (
    select bank_code, batch_id, account_id, max(amount) as amount
    from {{ ref('int_debits_requested') }}
    group by bank_code, batch_id, account_id
)
select
    debits.bank_code,
    debits.batch_id,
    debits.debited_on,
    debits.line,
    debits.account_id,
    accounts.customer_id,
    customers.outlet_id,
    cast(
        coalesce(debits.amount, returns.amount, requested.amount, requested_in_batch.amount) - debits.collected_amount as {{ money() }}
    ) as amount,
    cast(
        coalesce(debits.amount, returns.amount, requested.amount, requested_in_batch.amount) as {{ money() }}
    ) as requested_amount,
    debits.collected_amount,
    debits.result_code,
    debits.cause,
    debits.is_cause_inferred,
    debits.reason_text,
    returns.debit_id as returned_payment_id
from {{ ref('stg_bank__debits') }} as debits
left join {{ ref('int_debit_returns') }} as returns on debits.payment_id = returns.return_id
left join requested
    on
        debits.bank_code = requested.bank_code
        and debits.batch_id = requested.result_batch_id
        and debits.debited_on = requested.result_debited_on
        and debits.line = requested.result_line
left join requested_in_batch
    on
        debits.bank_code = requested_in_batch.bank_code
        and debits.batch_id = requested_in_batch.batch_id
        and debits.account_id = requested_in_batch.account_id
left join {{ ref('int_accounts_known') }} as accounts on debits.account_id = accounts.account_id
left join {{ ref('int_customers_known') }} as customers on accounts.customer_id = customers.customer_id
where debits.outcome = 'failed' or debits.collected_amount < debits.amount
