-- reads: debit_batches, debit_failures
-- One row per debit of a period that was not collected in full. A line is of the period that its batch names, else of the month before.
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
    failures.customer_id,
    failures.outlet_id,
    failures.requested_amount,
    failures.collected_amount,
    failures.amount,
    failures.result_code,
    failures.cause,
    failures.is_cause_inferred,
    failures.reason_text,
    failures.returned_payment_id
from debit_failures as failures
left join batches
    on
        failures.bank_code = batches.bank_code
        and failures.batch_id = batches.batch_id
        and failures.debited_on = batches.debited_on
where coalesce(batches.billing_period, strftime(failures.debited_on - interval 1 month, '%Y-%m')) = $period
order by failures.bank_code, failures.debited_on, failures.batch_id, failures.line
