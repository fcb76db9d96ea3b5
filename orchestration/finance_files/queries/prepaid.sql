-- reads: prepaid_balances
-- One row per settling account with money on no bill on the as-of date. $agent null: every agent.
select
    settling_account_id,
    customer_id,
    business_unit_id,
    agent_id,
    outlet_id,
    prepaid_amount,
    overdrawn_amount,
    amount,
    payments,
    prepaid_since,
    newest_payment_on,
    overdrawn_since
from prepaid_balances
where $agent is null or agent_id = $agent
order by settling_account_id asc
