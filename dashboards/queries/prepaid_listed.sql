-- reads: prepaid_balances
-- One row per settling account with money on no bill, the largest balance first, overdrawn accounts last.
select
    settling_account_id,
    coalesce(business_unit_id, 'unassigned') as business_unit_id,
    coalesce(outlet_id, 'unassigned') as outlet_id,
    prepaid_amount,
    overdrawn_amount,
    amount,
    payments,
    prepaid_since,
    newest_payment_on,
    overdrawn_since
from prepaid_balances
where $unit is null or coalesce(business_unit_id, 'unassigned') = $unit
order by amount desc, settling_account_id asc
