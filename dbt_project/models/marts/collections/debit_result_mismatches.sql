-- One row per line of a bank's result and kind of mismatch (bank_code, batch_id, debited_on, line, kind): a line without a
-- request (unexpected), a second answer to a request (answered_twice), an amount that differs from the request
-- (other_amount), an account or bank account that differs from the request (account_differs). A bank has no mismatches
-- before the first request to it.
with requests as (
    select * from {{ ref('stg_ledger__debit_requests') }}
),
results as (
    select * from {{ ref('int_debit_results') }}
),
answers as (
    select * from {{ ref('int_debit_answers') }}
),
requested_batches as (
    select distinct bank_code, batch_id from requests
),
first_requests as (
    select bank_code, min(requested_on) as first_requested_on
    from requests
    group by bank_code
),
left_over as (
    select
        results.*,
        requested_batches.batch_id is not null as has_request_batch
    from results
    inner join first_requests on results.bank_code = first_requests.bank_code
    left join requested_batches on results.bank_code = requested_batches.bank_code and results.batch_id = requested_batches.batch_id
    left join answers
        on
            results.bank_code = answers.bank_code
            and results.batch_id = answers.result_batch_id
            and results.debited_on = answers.result_debited_on
            and results.line = answers.result_line
    left join {{ ref('int_debit_returns') }} as returns on results.payment_id = returns.return_id
    where
        answers.line is null
        and returns.return_id is null
        and (requested_batches.batch_id is not null or results.debited_on >= first_requests.first_requested_on)
),
-- The newest request that an unmatched line answers a second time, if there is one.
answered_before as (
    select
        left_over.bank_code,
        left_over.batch_id as result_batch_id,
        left_over.debited_on as result_debited_on,
        left_over.line as result_line,
        requests.batch_id,
        requests.line,
        row_number() over (
            partition by left_over.bank_code, left_over.batch_id, left_over.debited_on, left_over.line
            order by requests.requested_on desc, requests.batch_id desc, requests.line
        ) as request_rank
    from left_over
    inner join requests on left_over.bank_code = requests.bank_code and left_over.account_id = requests.account_id
    inner join answers
        on requests.bank_code = answers.bank_code and requests.batch_id = answers.batch_id and requests.line = answers.line
    where
        (left_over.has_request_batch and left_over.batch_id = requests.batch_id)
        or (
            not left_over.has_request_batch
            and left_over.billing_period = requests.billing_period
            and left_over.debited_on >= requests.requested_on
        )
),
found as (
    select
        left_over.bank_code,
        left_over.batch_id as result_batch_id,
        left_over.debited_on as result_debited_on,
        left_over.line as result_line,
        case when answered_before.line is null then 'unexpected' else 'answered_twice' end as kind,
        answered_before.batch_id,
        answered_before.line
    from left_over
    left join answered_before
        on
            left_over.bank_code = answered_before.bank_code
            and left_over.batch_id = answered_before.result_batch_id
            and left_over.debited_on = answered_before.result_debited_on
            and left_over.line = answered_before.result_line
            and answered_before.request_rank = 1
    union all
    select
        answers.bank_code,
        answers.result_batch_id,
        answers.result_debited_on,
        answers.result_line,
        'other_amount' as kind,
        answers.batch_id,
        answers.line
    from answers
    inner join requests
        on answers.bank_code = requests.bank_code and answers.batch_id = requests.batch_id and answers.line = requests.line
    inner join results
        on
            answers.bank_code = results.bank_code
            and answers.result_batch_id = results.batch_id
            and answers.result_debited_on = results.debited_on
            and answers.result_line = results.line
    where results.amount <> requests.amount
    union all
    select
        answers.bank_code,
        answers.result_batch_id,
        answers.result_debited_on,
        answers.result_line,
        'account_differs' as kind,
        answers.batch_id,
        answers.line
    from answers
    inner join requests
        on answers.bank_code = requests.bank_code and answers.batch_id = requests.batch_id and answers.line = requests.line
    inner join results
        on
            answers.bank_code = results.bank_code
            and answers.result_batch_id = results.batch_id
            and answers.result_debited_on = results.debited_on
            and answers.result_line = results.line
    where
        results.account_id <> requests.account_id
        or coalesce(nullif(results.bank_account, ''), requests.bank_account) <> requests.bank_account
)
select
    found.bank_code,
    found.result_batch_id as batch_id,
    found.result_line as line,
    found.kind,
    results.account_id,
    results.billing_period,
    results.bank_account,
    cast(results.amount as {{ money() }}) as amount,
    cast(results.collected_amount as {{ money() }}) as collected_amount,
    results.result_code,
    results.debited_on,
    results.file_name,
    found.batch_id as request_batch_id,
    found.line as request_line,
    requests.account_id as requested_account_id,
    requests.bank_account as requested_bank_account,
    cast(requests.amount as {{ money() }}) as requested_amount
from found
inner join results
    on
        found.bank_code = results.bank_code
        and found.result_batch_id = results.batch_id
        and found.result_debited_on = results.debited_on
        and found.result_line = results.line
left join requests
    on found.bank_code = requests.bank_code and found.batch_id = requests.batch_id and found.line = requests.line
