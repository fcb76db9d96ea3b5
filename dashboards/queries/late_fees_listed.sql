-- reads: late_fees
-- One row per bill and month with a late fee, the newest month first, then the largest fee.
select
    account_id,
    unpaid_period,
    fee_period,
    bill_item_id,
    days,
    principal,
    amount
from late_fees
order by fee_period desc, amount desc, account_id asc, unpaid_period asc
