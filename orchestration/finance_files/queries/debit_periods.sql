-- reads: debit_batches, debit_corrections, debit_failures, debit_result_mismatches
-- One row per period with a debit, which may lie before the first one that is billed here.
select billing_period
from (
    select coalesce(billing_period, strftime(debited_on - interval 1 month, '%Y-%m')) as billing_period
    from debit_batches
    union
    select coalesce(billing_period, strftime(debited_on - interval 1 month, '%Y-%m')) as billing_period
    from debit_result_mismatches
    union
    select strftime(notified_on - interval 1 month, '%Y-%m') as billing_period
    from debit_corrections
    union
    select strftime(failures.debited_on - interval 1 month, '%Y-%m') as billing_period
    from debit_failures as failures
    left join debit_batches as batches
        on
            failures.bank_code = batches.bank_code
            and failures.batch_id = batches.batch_id
            and failures.debited_on = batches.debited_on
    where batches.billing_period is null
) as periods
order by billing_period
