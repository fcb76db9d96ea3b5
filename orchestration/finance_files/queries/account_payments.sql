-- reads: payment_applications
-- One row per part of a payment that was applied to an account's bill of a period, or went back.
select
    billing_period,
    applied_on,
    payment_id,
    paying_account_id,
    amount
from payment_applications
where account_id = $account and billing_period = $period
order by applied_on, payment_id
