-- reads: dunning_list
-- One row per unpaid bill past due on the as-of date, whatever its period, those to dun first. $agent null: every agent.
select
    is_dunned,
    settling_account_id,
    account_id,
    billing_period,
    customer_id,
    customer_class,
    business_unit_id,
    agent_id,
    outlet_id,
    due_on,
    days_past_due,
    bill_amount,
    received,
    amount,
    covering_amount,
    dunned_amount,
    reason,
    debit_cause,
    refused_or_returned_on,
    merged_on,
    cover_account_id,
    last_payment_on,
    last_payment_amount,
    reason_en,
    reason_zh
from dunning_list
where $agent is null or agent_id = $agent
order by is_dunned desc, settling_account_id asc, billing_period asc, account_id asc
