-- One row per account of an export, a merge or a bill (account_id): the account that settles for it, and the payer group.
-- A payer group holds every account whose money may be meant for the same bills: accounts of one customer, and accounts
-- that any known merge joins, in whatever direction: also a merge that a newer one replaced, or one dated after the as-of
-- date. payer_group is the smallest id of its customers and accounts.
with recursive accounts as (
    select account_id from {{ ref('int_accounts_known') }}
    union
    select from_account_id as account_id from {{ ref('int_account_merges_known') }}
    union
    select into_account_id as account_id from {{ ref('int_account_merges_known') }}
    union
    select account_id from {{ ref('bills') }}
),
settled as (
    select
        accounts.account_id,
        nullif(known.customer_id, '') as customer_id,
        coalesce(settling.settling_account_id, accounts.account_id) as settling_account_id
    from accounts
    left join {{ ref('int_accounts_known') }} as known on accounts.account_id = known.account_id
    left join {{ ref('int_settling_accounts') }} as settling on accounts.account_id = settling.account_id
),
-- The payer is the customer of the settling account, or that account itself where no export names a customer.
payers as (
    select
        settled.account_id,
        settled.settling_account_id,
        'customer ' || settled.customer_id as own_payer,
        coalesce('customer ' || survivors.customer_id, 'account ' || settled.settling_account_id) as payer
    from settled
    left join settled as survivors on settled.settling_account_id = survivors.account_id
),
pairs as (
    select own_payer as one_payer, payer as other_payer
    from payers
    where own_payer <> payer
    union
    select from_payers.payer as one_payer, into_payers.payer as other_payer
    from {{ ref('int_account_merges_known') }} as account_merges
    inner join payers as from_payers on account_merges.from_account_id = from_payers.account_id
    inner join payers as into_payers on account_merges.into_account_id = into_payers.account_id
    where from_payers.payer <> into_payers.payer
),
edges as (
    select one_payer, other_payer from pairs
    union
    select other_payer as one_payer, one_payer as other_payer from pairs
),
-- In every round a payer takes the smallest id that it or one of its neighbours has, until a round changes nothing.
rounds as (
    select one_payer as payer, one_payer as smallest_payer, 1 as round_number
    from edges
    group by one_payer
    union all
    select payer, smallest_payer, round_number
    from (
        select
            payer,
            smallest_payer,
            round_number,
            max(case when smallest_payer < smallest_before then 1 else 0 end) over () as is_changed
        from (
            select
                own.payer,
                own.smallest_payer as smallest_before,
                least(own.smallest_payer, min(others.smallest_payer) over (partition by own.payer)) as smallest_payer,
                own.round_number + 1 as round_number,
                row_number() over (partition by own.payer order by others.payer) as neighbour_rank
            from rounds as own
            inner join edges on own.payer = edges.one_payer
            inner join rounds as others on edges.other_payer = others.payer
        ) as offers
        where neighbour_rank = 1
    ) as next_round
    where is_changed = 1
),
smallest as (
    select payer, min(smallest_payer) as payer_group
    from rounds
    group by payer
)
select
    payers.account_id,
    payers.settling_account_id,
    least(payers.payer, coalesce(smallest.payer_group, payers.payer)) as payer_group
from payers
left join smallest on payers.payer = smallest.payer
