-- reads: arrears
-- One row: the branch's arrears by days past due, and how many settling accounts owe them.
select
    count(*) as accounts,
    count(*) filter (where on_dunning_list) as dunning_accounts,
    coalesce(sum(amount), 0) as amount,
    coalesce(sum(amount_1_30), 0) as amount_1_30,
    coalesce(sum(amount_31_60), 0) as amount_31_60,
    coalesce(sum(amount_61_90), 0) as amount_61_90,
    coalesce(sum(amount_91_plus), 0) as amount_91_plus,
    count(*) filter (where amount_1_30 > 0) as accounts_1_30,
    count(*) filter (where amount_31_60 > 0) as accounts_31_60,
    count(*) filter (where amount_61_90 > 0) as accounts_61_90,
    count(*) filter (where amount_91_plus > 0) as accounts_91_plus
from arrears
