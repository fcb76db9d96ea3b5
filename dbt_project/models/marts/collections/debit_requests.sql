-- One row per line of a debit request (bank_code, batch_id, line) made up to the as-of date, with what the bank answered.
with matched as (
    select
        requests.*,
        results.file_name as result_file_name,
        answers.result_batch_id,
        answers.result_line,
        results.result_code,
        results.debited_on,
        results.collected_amount
    from {{ ref('stg_ledger__debit_requests') }} as requests
    left join {{ ref('int_debit_answers') }} as answers
        on requests.bank_code = answers.bank_code and requests.batch_id = answers.batch_id and requests.line = answers.line
    left join {{ ref('int_debit_results') }} as results
        on
            answers.bank_code = results.bank_code
            and answers.result_batch_id = results.batch_id
            and answers.result_debited_on = results.debited_on
            and answers.result_line = results.line
)
select
    bank_code,
    batch_id,
    line,
    account_id,
    billing_period,
    bank_account,
    cast(amount as {{ money() }}) as amount,
    cast(coalesce(collected_amount, 0) as {{ money() }}) as collected_amount,
    requested_on,
    debit_on,
    case
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
    case when result_line is null then {{ days_between('requested_on', as_of_date()) }} end as days_waiting,
    result_line is null and debit_on < {{ as_of_date() }} as is_overdue
from matched
