-- reads: payment_applications
-- One row per part of a payment that pays a bill of an account, or that a payment of the account pays elsewhere, the newest first.
select
    applied_on,
    payment_id,
    account_id,
    billing_period,
    paying_account_id,
    settling_account_id,
    amount
from payment_applications
where account_id = $account or paying_account_id = $account or settling_account_id = $account
order by applied_on desc, payment_id asc, account_id asc, billing_period asc
