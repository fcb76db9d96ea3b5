-- reads: debit_requests
-- One row per request to a bank for bills of a period, the newest first. $bank null: every bank.
select
    bank_code,
    batch_id,
    requested_on,
    debit_on,
    cast(count(*) as bigint) as requests,
    cast(sum(amount) as decimal(18, 2)) as requested_amount,
    cast(sum(collected_amount) as decimal(18, 2)) as collected_amount,
    cast(sum(returned_amount) as decimal(18, 2)) as returned_amount,
    cast(count(*) filter (where result = 'unanswered') as bigint) as unanswered,
    cast(coalesce(sum(amount) filter (where result = 'unanswered'), 0) as decimal(18, 2)) as unanswered_amount,
    cast(count(*) filter (where is_overdue) as bigint) as overdue
from debit_requests
where billing_period = $period and ($bank is null or bank_code = $bank)
group by bank_code, batch_id, requested_on, debit_on
order by requested_on desc, bank_code asc, batch_id asc
