-- One row per line of a debit request (bank_code, batch_id, line) that a result in the batch of the request answers: by (1)
-- account and amount, (2) account, (3) line and amount, where the account is another. The first result answers. Where a bank
-- lists failures only, a refusal is an answer only within the declared number of days after the debit day. A later refusal
-- is a return, not an answer.
with requests as (
    select * from {{ ref('int_debits_requested') }}
),
results as (
    select
        debits.*,
        true as has_request_batch
    from {{ ref('int_debit_results') }} as debits
    inner join (select distinct bank_code, batch_id from {{ ref('int_debits_requested') }}) as requested_batches
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
)
select
    bank_code,
    batch_id,
    line,
    result_batch_id,
    result_debited_on,
    result_line,
    matched_by
from answers_3
