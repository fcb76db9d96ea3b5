-- reads: open_debit_bills
-- One row per bank, period and fault of the bills that the next request can ask for. $bank null: every bank, and bills without one.
select
    bank_code,
    billing_period,
    fault,
    cast(count(*) as bigint) as bills,
    cast(sum(amount) as decimal(18, 2)) as amount
from open_debit_bills
where $bank is null or bank_code = $bank
group by bank_code, billing_period, fault
order by bank_code nulls last, billing_period asc, fault nulls first
