-- reads: bills
-- One row: how many customers have a bill of the period.
select count(distinct customer_id) as customers
from bills
where billing_period = $period and not is_provisional
