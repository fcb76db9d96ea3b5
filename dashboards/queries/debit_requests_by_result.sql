-- reads: debit_requests
-- One row per bank and result of the requests for bills of a period. $bank null: every bank.
select
    bank_code,
    result,
    cast(count(*) as bigint) as requests,
    cast(sum(amount) as decimal(18, 2)) as requested_amount,
    cast(sum(collected_amount) as decimal(18, 2)) as collected_amount,
    cast(sum(returned_amount) as decimal(18, 2)) as returned_amount
from debit_requests
where billing_period = $period and ($bank is null or bank_code = $bank)
group by bank_code, result
order by bank_code, result
