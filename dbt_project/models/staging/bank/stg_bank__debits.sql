-- One row per detail line of an accepted bank result file, with the meaning of its result code. A code means what the bank's
-- own row of the book says, else that of the scheme it reports by: code_owner says which. A code that neither has (its file
-- was released all the same) is a failure. A statement may be of several days: then a line has its own.
with lines as (
    select
        debits.file_id,
        debits.line,
        debits.account_id,
        debits.bank_account,
        debits.amount,
        debits.collected_amount,
        debits.result_code,
        debits.code_owner,
        debits.is_cause_inferred,
        debits.reason_text,
        debits.is_return,
        debits.reference,
        debits.charge_amount,
        batches.bank_code,
        batches.is_period_named,
        coalesce(debits.debited_on, batches.debited_on) as debited_on,
        -- The period of a line is the month before its own day; no file names it.
        coalesce(debits.billing_period, batches.billing_period) as billing_period
    from {{ source('raw', 'debits') }} as debits
    inner join {{ ref('stg_bank__debit_batches') }} as batches on debits.file_id = batches.file_id and batches.is_accepted
    where debits.line_kind = 'debit'
),
judged as (
    select
        lines.bank_code || ':' || days.batch_id || ':' || cast(lines.debited_on as varchar) || ':' || cast(lines.line as varchar)
            as payment_id,
        lines.file_id,
        lines.bank_code,
        days.batch_id,
        lines.line,
        lines.billing_period,
        lines.is_period_named,
        lines.debited_on,
        lines.account_id,
        lines.bank_account,
        lines.amount,
        coalesce(lines.collected_amount, case when codes.outcome = 'success' then lines.amount else 0 end) as collected_amount,
        lines.result_code,
        coalesce(codes.outcome, 'failed') as outcome,
        coalesce(codes.cause, 'other') as cause,
        codes.outcome is null as is_code_unknown,
        lines.is_cause_inferred,
        lines.reason_text,
        lines.is_return,
        lines.reference,
        lines.charge_amount
    from lines
    inner join {{ ref('stg_bank__result_days') }} as days on lines.file_id = days.file_id and lines.debited_on = days.debited_on
    left join {{ ref('debit_result_codes') }} as codes
        on lines.code_owner = codes.bank_code and lines.result_code = codes.result_code
)
select
    payment_id,
    file_id,
    bank_code,
    batch_id,
    line,
    billing_period,
    is_period_named,
    debited_on,
    account_id,
    bank_account,
    amount,
    cast(collected_amount as {{ money() }}) as collected_amount,
    result_code,
    outcome,
    cause,
    is_code_unknown,
    is_cause_inferred,
    reason_text,
    is_return,
    reference,
    charge_amount
from judged
