-- One row per debit that a bank collected (payment_id) up to the as-of date. Result files say what was collected. Where a
-- bank's files list failures only, a request that no file has refused within its days counts as collected on its debit day
-- (SPEC 3.3). A request that was made again before then never reached the bank: the newer request counts.
with requested_batches as (
    select distinct bank_code, batch_id from {{ ref('int_debits_requested') }}
)
select
    results.payment_id,
    results.bank_code,
    results.account_id,
    results.billing_period,
    results.debited_on as collected_on,
    results.collected_amount as amount,
    results.reference,
    requested_batches.batch_id as request_batch_id,
    cast(null as bigint) as request_line
from {{ ref('int_debit_results') }} as results
left join requested_batches
    on results.bank_code = requested_batches.bank_code and results.batch_id = requested_batches.batch_id
where results.collected_amount > 0
union all
select
    'request:' || requests.bank_code || ':' || requests.batch_id || ':' || cast(requests.line as varchar) as payment_id,
    requests.bank_code,
    requests.account_id,
    requests.billing_period,
    requests.debit_on as collected_on,
    requests.amount,
    cast(null as varchar) as reference,
    requests.batch_id as request_batch_id,
    requests.line as request_line
from {{ ref('int_debits_requested') }} as requests
left join {{ ref('int_debit_answers') }} as answers
    on requests.bank_code = answers.bank_code and requests.batch_id = answers.batch_id and requests.line = answers.line
where
    answers.line is null
    and requests.refused_until < {{ as_of_date() }}
    and (requests.asked_again_on is null or requests.asked_again_on > requests.refused_until)
