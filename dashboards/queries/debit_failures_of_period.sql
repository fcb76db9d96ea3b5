-- reads: debit_batches, debit_failures
-- One row per debit that was not collected in full, the largest amount first. $bank null: every bank. A line is of the period that its
-- batch names; else (as for a viewer who sees no batches) of the month before the debit.
with batches as (
    select distinct
        bank_code,
        batch_id,
        debited_on,
        billing_period
    from debit_batches
    where is_accepted
)

select
    failures.bank_code,
    failures.batch_id,
    failures.debited_on,
    failures.line,
    failures.account_id,
    failures.outlet_id,
    failures.requested_amount,
    failures.collected_amount,
    failures.amount,
    failures.cause,
    failures.is_cause_inferred,
    failures.result_code,
    failures.reason_text,
    failures.returned_payment_id
from debit_failures as failures
left join batches
    on
        failures.bank_code = batches.bank_code
        and failures.batch_id = batches.batch_id
        and failures.debited_on = batches.debited_on
where
    coalesce(batches.billing_period, strftime(failures.debited_on - interval 1 month, '%Y-%m')) = $period
    and ($bank is null or failures.bank_code = $bank)
order by
    failures.amount desc, failures.bank_code asc, failures.batch_id asc, failures.debited_on asc, failures.line asc
