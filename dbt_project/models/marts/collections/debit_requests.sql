-- One row per line of a debit request (bank_code, batch_id, line) made up to the as-of date, with the bank's answer. Where
-- the bank's files list failures only, a debit that no file refused in time counts as collected without an answer.
with returned as (
    select debit_id, sum(amount) as amount
    from {{ ref('int_debit_returns') }}
    group by debit_id
),
matched as (
    select
        requests.*,
        results.file_name as result_file_name,
        answers.result_batch_id,
        answers.result_line,
        results.result_code,
        results.debited_on,
        coalesce(by_exception.amount, results.collected_amount, 0) as collected_amount,
        coalesce(returned.amount, 0) as returned_amount,
        by_exception.payment_id is not null as is_collected_by_exception
    from {{ ref('int_debits_requested') }} as requests
    left join {{ ref('int_debit_answers') }} as answers
        on requests.bank_code = answers.bank_code and requests.batch_id = answers.batch_id and requests.line = answers.line
    left join {{ ref('int_debit_results') }} as results
        on
            answers.bank_code = results.bank_code
            and answers.result_batch_id = results.batch_id
            and answers.result_debited_on = results.debited_on
            and answers.result_line = results.line
    left join {{ ref('int_debits_collected') }} as by_exception
        on
            requests.bank_code = by_exception.bank_code
            and requests.batch_id = by_exception.request_batch_id
            and requests.line = by_exception.request_line
    left join returned on coalesce(by_exception.payment_id, results.payment_id) = returned.debit_id
)
select
    bank_code,
    batch_id,
    line,
    account_id,
    billing_period,
    bank_account,
    cast(amount as {{ money() }}) as amount,
    cast(collected_amount as {{ money() }}) as collected_amount,
    cast(returned_amount as {{ money() }}) as returned_amount,
    requested_on,
    debit_on,
    case
        when is_collected_by_exception then 'collected_by_exception'
        when result_line is null then 'unanswered'
        when collected_amount <= 0 then 'answered_failed'
        when collected_amount < amount then 'partially_collected'
        else 'answered_success'
    end as result,
    result_file_name,
    result_batch_id,
    result_line,
    result_code,
    debited_on,
    case
        when result_line is null and not is_collected_by_exception then {{ days_between('requested_on', as_of_date()) }}
    end as days_waiting,
    -- A bank that lists failures only accepts a request by not refusing it.
    result_line is null and refused_until is null and debit_on < {{ as_of_date() }} as is_overdue
from matched
