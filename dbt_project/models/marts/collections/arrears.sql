-- One row per settling account with arrears as of the run's date: the unpaid part of the bills due before that date, by days
-- past due (SPEC 7). These accounts are the dunning list.
with unpaid as (
    select
        balances.settling_account_id,
        balances.open_amount as amount,
        {{ days_between('bills.due_on', as_of_date()) }} as days_past_due
    from {{ ref('bills') }} as bills
    inner join {{ ref('int_bill_balances') }} as balances
        on bills.account_id = balances.account_id and bills.billing_period = balances.billing_period
    where not bills.is_provisional and bills.due_on < {{ as_of_date() }} and balances.open_amount > 0
)
select
    settling_account_id,
    cast(sum(amount) as {{ money() }}) as amount,
    cast(max(days_past_due) as bigint) as days_past_due,
    cast(sum(case when days_past_due <= 30 then amount else 0 end) as {{ money() }}) as amount_1_30,
    cast(sum(case when days_past_due between 31 and 60 then amount else 0 end) as {{ money() }}) as amount_31_60,
    cast(sum(case when days_past_due between 61 and 90 then amount else 0 end) as {{ money() }}) as amount_61_90,
    cast(sum(case when days_past_due > 90 then amount else 0 end) as {{ money() }}) as amount_91_plus,
    true as on_dunning_list
from unpaid
group by settling_account_id
