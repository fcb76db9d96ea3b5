-- reads: arrears, bills
-- One row per business unit: the arrears of the settling accounts whose newest bill is of the unit. Accounts without a bill are unassigned.
with account_units as (
    select
        account_id,
        arg_max(coalesce(business_unit_id, 'unassigned'), billing_period) as business_unit_id
    from bills
    group by account_id
)

select
    coalesce(account_units.business_unit_id, 'unassigned') as business_unit_id,
    cast(count(*) as bigint) as accounts,
    cast(sum(arrears.amount) as decimal(18, 2)) as amount,
    cast(sum(arrears.amount_1_30) as decimal(18, 2)) as amount_1_30,
    cast(sum(arrears.amount_31_60) as decimal(18, 2)) as amount_31_60,
    cast(sum(arrears.amount_61_90) as decimal(18, 2)) as amount_61_90,
    cast(sum(arrears.amount_91_plus) as decimal(18, 2)) as amount_91_plus,
    cast(count(*) filter (where arrears.amount_1_30 > 0) as bigint) as accounts_1_30,
    cast(count(*) filter (where arrears.amount_31_60 > 0) as bigint) as accounts_31_60,
    cast(count(*) filter (where arrears.amount_61_90 > 0) as bigint) as accounts_61_90,
    cast(count(*) filter (where arrears.amount_91_plus > 0) as bigint) as accounts_91_plus,
    cast(count(*) filter (where arrears.on_dunning_list) as bigint) as dunning_accounts
from arrears
left join account_units on arrears.settling_account_id = account_units.account_id
group by coalesce(account_units.business_unit_id, 'unassigned')
order by amount desc, business_unit_id asc
