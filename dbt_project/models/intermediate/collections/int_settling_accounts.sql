-- One row per account that was merged up to the as-of date, with the account that pays its bills: the last one of its chain
-- of merges. An account's newest merge counts. Where merges form a circle, the target of the newest merge in the circle is
-- the last account: its own older merge is void.
with recursive outgoing as (
    select
        from_account_id,
        into_account_id,
        merged_at,
        merge_id,
        row_number() over (partition by from_account_id order by merged_at desc, merge_id desc) as merge_rank
    from {{ ref('int_account_merges_known') }}
    where cast(merged_at as date) <= {{ as_of_date() }} and from_account_id <> into_account_id
),
edges as (
    select from_account_id, into_account_id, merged_at, merge_id from outgoing where merge_rank = 1
),
walks as (
    select
        from_account_id as account_id,
        into_account_id as reached_id,
        merged_at as newest_merged_at,
        merge_id as newest_merge_id,
        into_account_id as newest_into_id,
        1 as steps
    from edges
    union all
    select
        walks.account_id,
        edges.into_account_id as reached_id,
        case
            when (edges.merged_at, edges.merge_id) > (walks.newest_merged_at, walks.newest_merge_id) then edges.merged_at
            else walks.newest_merged_at
        end as newest_merged_at,
        case
            when (edges.merged_at, edges.merge_id) > (walks.newest_merged_at, walks.newest_merge_id) then edges.merge_id
            else walks.newest_merge_id
        end as newest_merge_id,
        case
            when (edges.merged_at, edges.merge_id) > (walks.newest_merged_at, walks.newest_merge_id) then edges.into_account_id
            else walks.newest_into_id
        end as newest_into_id,
        walks.steps + 1 as steps
    from walks
    inner join edges on walks.reached_id = edges.from_account_id
    where walks.reached_id <> walks.account_id and walks.steps < 100
),
circles as (
    select account_id, newest_into_id as survivor_id
    from walks
    where reached_id = account_id
),
ends as (
    select
        walks.account_id,
        walks.reached_id,
        row_number() over (partition by walks.account_id order by walks.steps) as end_rank
    from walks
    left join edges on walks.reached_id = edges.from_account_id
    left join circles on walks.reached_id = circles.account_id
    where edges.from_account_id is null or circles.account_id is not null
)
select
    ends.account_id,
    coalesce(circles.survivor_id, ends.reached_id) as settling_account_id
from ends
left join circles on ends.reached_id = circles.account_id
where ends.end_rank = 1
