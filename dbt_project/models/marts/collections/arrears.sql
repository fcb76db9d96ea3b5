-- One row per settling account with arrears as of the run's date: the unpaid part of the bills due before that date, by days
-- past due (SPEC 7). These accounts are the dunning list.
with applied as (
    select account_id, billing_period, sum(amount) as received
    from {{ ref('payment_applications') }}
    group by account_id, billing_period
),
unpaid as (
    select
        coalesce(settling.settling_account_id, bills.account_id) as settling_account_id,
        bills.amount - coalesce(applied.received, 0) as amount,
        {{ days_between('bills.due_on', as_of_date()) }} as days_past_due
    from {{ ref('bills') }} as bills
    left join {{ ref('int_settling_accounts') }} as settling on bills.account_id = settling.account_id
    left join applied on bills.account_id = applied.account_id and bills.billing_period = applied.billing_period
    where
        not bills.is_provisional
        and bills.due_on < {{ as_of_date() }}
        and bills.amount - coalesce(applied.received, 0) > 0
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
