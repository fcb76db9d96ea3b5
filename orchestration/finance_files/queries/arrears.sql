-- reads: arrears, bills
-- One row per settling account in arrears on the as-of date, whatever the periods of its unpaid bills. $agent null: every agent; else the
-- accounts that have a bill of the agent in the period.
select
    arrears.settling_account_id,
    arrears.amount,
    arrears.days_past_due,
    arrears.amount_1_30,
    arrears.amount_31_60,
    arrears.amount_61_90,
    arrears.amount_91_plus,
    arrears.on_dunning_list
from arrears
where
    $agent is null
    or arrears.settling_account_id in (
        select bills.account_id
        from bills
        where bills.billing_period = $period and bills.agent_id = $agent
    )
order by arrears.settling_account_id
