-- One row per settling account with arrears as of the run's date: the unpaid part of the bills due before that date, by days
-- past due (SPEC 7). The accounts with an amount that is dunned are on the dunning list (dunning_list).
select
    settling_account_id,
    cast(sum(amount) as {{ money() }}) as amount,
    cast(max(days_past_due) as bigint) as days_past_due,
    cast(sum(case when days_past_due <= 30 then amount else 0 end) as {{ money() }}) as amount_1_30,
    cast(sum(case when days_past_due between 31 and 60 then amount else 0 end) as {{ money() }}) as amount_31_60,
    cast(sum(case when days_past_due between 61 and 90 then amount else 0 end) as {{ money() }}) as amount_61_90,
    cast(sum(case when days_past_due > 90 then amount else 0 end) as {{ money() }}) as amount_91_plus,
    sum(dunned_amount) > 0 as on_dunning_list
from {{ ref('dunning_list') }}
group by settling_account_id
