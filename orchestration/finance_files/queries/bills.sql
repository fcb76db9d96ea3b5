-- reads: bills
-- One row per bill of a period. $agent null: every agent.
select
    billing_period,
    account_id,
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
where billing_period = $period and ($agent is null or agent_id = $agent)
order by account_id
