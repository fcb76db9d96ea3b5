-- reads: arrears, bills
-- One row per settling account on the dunning list, the largest amount first: unit and outlet are those of its newest bill.
with account_units as (
    select
        account_id,
        arg_max(coalesce(business_unit_id, 'unassigned'), billing_period) as business_unit_id,
        arg_max(coalesce(outlet_id, 'unassigned'), billing_period) as outlet_id
    from bills
    group by account_id
)

select
    arrears.settling_account_id,
    coalesce(account_units.business_unit_id, 'unassigned') as business_unit_id,
    coalesce(account_units.outlet_id, 'unassigned') as outlet_id,
    arrears.amount,
    arrears.amount_1_30,
    arrears.amount_31_60,
    arrears.amount_61_90,
    arrears.amount_91_plus,
    arrears.days_past_due
from arrears
left join account_units on arrears.settling_account_id = account_units.account_id
where
    arrears.on_dunning_list
    and ($unit is null or coalesce(account_units.business_unit_id, 'unassigned') = $unit)
order by arrears.amount desc, arrears.settling_account_id asc
