-- One row per merge (merge_id) whose from-account had unpaid bills at that time: the unpaid amount of the account and of
-- those merged into it before (SPEC 7).
with recursive account_merges as (
    select * from {{ ref('int_account_merges_known') }}
    where cast(merged_at as date) <= {{ as_of_date() }} and from_account_id <> into_account_id
),
members as (
    select merge_id, merged_at, from_account_id as account_id from account_merges
    union
    select members.merge_id, members.merged_at, earlier.from_account_id as account_id
    from members
    inner join account_merges as earlier on members.account_id = earlier.into_account_id and earlier.merged_at < members.merged_at
),
billed as (
    select members.merge_id, sum(bills.amount) as amount
    from members
    inner join {{ ref('bills') }} as bills
        on members.account_id = bills.account_id and not bills.is_provisional and bills.issued_on <= cast(members.merged_at as date)
    group by members.merge_id
),
paid as (
    select members.merge_id, sum(payments.amount) as amount
    from members
    inner join {{ ref('int_payments') }} as payments
        on members.account_id = payments.account_id and payments.paid_at <= members.merged_at
    group by members.merge_id
)
select
    account_merges.merge_id,
    account_merges.from_account_id,
    account_merges.into_account_id,
    account_merges.merged_at,
    account_merges.outlet_id,
    cast(billed.amount - coalesce(paid.amount, 0) as {{ money() }}) as unpaid_amount
from account_merges
inner join billed on account_merges.merge_id = billed.merge_id
left join paid on account_merges.merge_id = paid.merge_id
where billed.amount > coalesce(paid.amount, 0)
