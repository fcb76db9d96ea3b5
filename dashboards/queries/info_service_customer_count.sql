-- reads: info_service_calls
-- One row: the customers with calls to information services in a period.
select cast(count(distinct customer_id) as bigint) as customers
from info_service_calls
where billing_period = $period
