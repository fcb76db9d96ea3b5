-- One row per line of a debit request that a bank has answered, with the line of the result file that answers it. A request
-- has at most one answer, and a result line answers at most one request. Where the result has the batch id of a request, it
-- is matched in that batch (rules 1 to 3, int_debit_batch_answers). Otherwise it is matched among the requests made by the
-- day of the debit: by (4) account, period and amount, (5) account and period. Where the result names no period, the month
-- before its day is only likely; then by (6) account and amount, (7) account and that month, (8) account. A result answers
-- the newest request that fits; of several results the first answers it. A line that takes back a debit that was collected
-- before answers nothing.
with requests as (
    select * from {{ ref('int_debits_requested') }}
),
requested_batches as (
    select distinct bank_code, batch_id from requests
),
results as (
    select
        debits.*,
        false as has_request_batch
    from {{ ref('int_debit_results') }} as debits
    left join requested_batches
        on debits.bank_code = requested_batches.bank_code and debits.batch_id = requested_batches.batch_id
    left join {{ ref('int_debit_returns_of_results') }} as returns on debits.payment_id = returns.return_id
    where requested_batches.batch_id is null and returns.return_id is null
),
answers_3 as (
    select * from {{ ref('int_debit_batch_answers') }}
),
answers_4 as (
    {{ debit_answers_by(['account_id', 'billing_period', 'amount'], 'answers_3', 4) }}
),
answers_5 as (
    {{ debit_answers_by(['account_id', 'billing_period'], 'answers_4', 5, is_period_named=true) }}
),
answers_6 as (
    {{ debit_answers_by(['account_id', 'amount'], 'answers_5', 6) }}
),
answers_7 as (
    {{ debit_answers_by(['account_id', 'billing_period'], 'answers_6', 7, is_period_named=false) }}
),
answers_8 as (
    {{ debit_answers_by(['account_id'], 'answers_7', 8) }}
)
select
    bank_code,
    batch_id,
    line,
    result_batch_id,
    result_debited_on,
    result_line,
    matched_by
from answers_8
