-- One row per failed result line that takes back a debit which an earlier result line had collected (return_id), where the
-- file itself says so: by a reference to the debit, by the period that it names, or because the file or line is a return
-- (SPEC 3.3). A line that is the first answer to a request of its batch is about the debit of that request. It is not a
-- return.
with recursive failed_lines as (
    select
        results.payment_id as return_id,
        results.batch_id || ':' || lpad(cast(results.line as varchar), 12, '0') as return_order,
        results.bank_code,
        results.batch_id,
        results.account_id,
        results.debited_on as returned_on,
        results.amount,
        results.billing_period,
        results.is_period_named,
        results.is_return,
        results.reference,
        false as may_name_nothing
    from {{ ref('int_debit_results') }} as results
    left join {{ ref('int_debit_batch_answers') }} as answers
        on
            results.bank_code = answers.bank_code
            and results.batch_id = answers.result_batch_id
            and results.debited_on = answers.result_debited_on
            and results.line = answers.result_line
    where results.outcome = 'failed' and results.collected_amount = 0 and answers.line is null
),
requested_batches as (
    select distinct bank_code, batch_id from {{ ref('int_debits_requested') }}
),
collected as (
    select
        results.payment_id as debit_id,
        results.bank_code,
        results.account_id,
        results.billing_period,
        results.collected_amount as amount,
        results.collected_amount as left_amount,
        results.debited_on as collected_on,
        results.reference,
        requested_batches.batch_id as request_batch_id
    from {{ ref('int_debit_results') }} as results
    left join requested_batches
        on results.bank_code = requested_batches.bank_code and results.batch_id = requested_batches.batch_id
    where results.collected_amount > 0
),
{{ debit_returns_among() }}
select
    return_id,
    debit_id,
    cast(amount as {{ money() }}) as amount
from returns_taken
