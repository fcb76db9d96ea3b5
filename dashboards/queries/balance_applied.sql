-- reads: revenue_balance_monthly
-- One row: what payments settled of the bills of all months.
select cast(coalesce(sum(amount), 0) as decimal(18, 2)) as applied_amount
from revenue_balance_monthly
where step = 'settlement' and item <> 'written_off'
