-- reads: prepaid_balances
-- With $is_now, one row per kind of money of $payer that lies on no bill: what is prepaid is taken off (below zero), what went back
-- beyond what was paid is added.
select
    settling_account_id,
    'prepaid' as money,
    cast(-prepaid_amount as decimal(18, 2)) as amount
from prepaid_balances
where $is_now and settling_account_id = $payer and prepaid_amount <> 0
union all
select
    settling_account_id,
    'overdrawn' as money,
    cast(overdrawn_amount as decimal(18, 2)) as amount
from prepaid_balances
where $is_now and settling_account_id = $payer and overdrawn_amount <> 0
order by money desc
