-- One row per failed result line that takes back a debit which the bank had collected on an earlier day (return_id): the
-- debit and the amount (SPEC 3.3). int_debit_returns_of_results has the returns that the files state themselves. In
-- addition, a line that names nothing is a return where no request to the account was waiting for its answer on that day and
-- the bank had collected the same amount from it within the window.
with recursive answering as (
    select
        results.payment_id,
        results.debited_on,
        answers.bank_code,
        answers.batch_id,
        answers.line
    from {{ ref('int_debit_answers') }} as answers
    inner join {{ ref('int_debit_results') }} as results
        on
            answers.bank_code = results.bank_code
            and answers.result_batch_id = results.batch_id
            and answers.result_debited_on = results.debited_on
            and answers.result_line = results.line
),
-- First and last day on which a request waited for its answer; without an answer there is no last day.
waiting as (
    select
        requests.bank_code,
        requests.account_id,
        requests.requested_on as waits_from,
        coalesce({{ add_days('answering.debited_on', -1) }}, requests.refused_until, {{ end_of_time() }}) as waits_until
    from {{ ref('int_debits_requested') }} as requests
    left join answering
        on requests.bank_code = answering.bank_code and requests.batch_id = answering.batch_id and requests.line = answering.line
),
failed_lines as (
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
        not exists (
            select 1 from waiting
            where
                waiting.bank_code = results.bank_code
                and waiting.account_id = results.account_id
                and results.debited_on between waiting.waits_from and waiting.waits_until
        ) as may_name_nothing
    from {{ ref('int_debit_results') }} as results
    left join answering on results.payment_id = answering.payment_id
    where results.outcome = 'failed' and results.collected_amount = 0 and answering.payment_id is null
),
collected as (
    select
        debits.payment_id as debit_id,
        debits.bank_code,
        debits.account_id,
        debits.billing_period,
        debits.amount,
        debits.amount as left_amount,
        debits.collected_on,
        debits.reference,
        debits.request_batch_id
    from {{ ref('int_debits_collected') }} as debits
),
{{ debit_returns_among() }}
select
    returns_taken.return_id,
    returns_taken.debit_id,
    debits.account_id,
    debits.bank_code,
    debits.collected_on,
    results.debited_on as returned_on,
    cast(returns_taken.amount as {{ money() }}) as amount
from returns_taken
inner join {{ ref('int_debits_collected') }} as debits on returns_taken.debit_id = debits.payment_id
inner join {{ ref('int_debit_results') }} as results on returns_taken.return_id = results.payment_id
