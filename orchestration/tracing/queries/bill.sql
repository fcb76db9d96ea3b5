-- reads: bills
-- A bill, and whose it is.
select
    account_id,
    billing_period,
    customer_id,
    customer_class,
    business_unit_id,
    outlet_id,
    agent_id,
    amount,
    issued_on,
    due_on,
    is_provisional
from bills
where account_id = $account and billing_period = $period
