-- One row per line of a debit request that a bank has answered, with the line of the result file that answers it: a request
-- has at most one answer, and a result line answers at most one request. Where the result carries the batch id of a request
-- they are matched in that batch by (1) account and amount, (2) account, (3) line and amount, where the account is another;
-- else, among the requests made by the day of the debit, by (4) account, period and amount, (5) account and period. A
-- result answers the newest request that fits, and of several results the first answers it.
with requests as (
    select * from {{ ref('stg_ledger__debit_requests') }}
),
requested_batches as (
    select distinct bank_code, batch_id from requests
),
results as (
    select
        debits.*,
        requested_batches.batch_id is not null as has_request_batch
    from {{ ref('int_debit_results') }} as debits
    left join requested_batches
        on debits.bank_code = requested_batches.bank_code and debits.batch_id = requested_batches.batch_id
),
no_answers as (
    select bank_code, batch_id, line, batch_id as result_batch_id, debit_on as result_debited_on, line as result_line, 0 as matched_by
    from requests
    where false
),
answers_1 as (
    {{ debit_answers_by(['batch_id', 'account_id', 'amount'], 'no_answers', 1) }}
),
answers_2 as (
    {{ debit_answers_by(['batch_id', 'account_id'], 'answers_1', 2) }}
),
answers_3 as (
    {{ debit_answers_by(['batch_id', 'line', 'amount'], 'answers_2', 3) }}
),
answers_4 as (
    {{ debit_answers_by(['account_id', 'billing_period', 'amount'], 'answers_3', 4) }}
),
answers_5 as (
    {{ debit_answers_by(['account_id', 'billing_period'], 'answers_4', 5) }}
)
select
    bank_code,
    batch_id,
    line,
    result_batch_id,
    result_debited_on,
    result_line,
    matched_by
from answers_5
