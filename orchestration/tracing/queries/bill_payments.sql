-- reads: payment_applications
-- What was applied to a bill, and what went back.
select
    payment_id,
    applied_on,
    amount
from payment_applications
where account_id = $account and billing_period = $period
order by applied_on, payment_id
