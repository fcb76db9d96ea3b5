-- reads: dunning_list
-- One row per unpaid bill past due, those to dun first and of them the largest amount first: what is dunned, what known money covers, and why.
select
    account_id,
    billing_period,
    settling_account_id,
    coalesce(business_unit_id, 'unassigned') as business_unit_id,
    coalesce(outlet_id, 'unassigned') as outlet_id,
    amount,
    covering_amount,
    dunned_amount,
    is_dunned,
    days_past_due,
    reason,
    reason_en,
    reason_zh,
    cover_account_id,
    last_payment_on
from dunning_list
where $unit is null or coalesce(business_unit_id, 'unassigned') = $unit
order by is_dunned desc, dunned_amount desc, amount desc, account_id asc, billing_period asc
