-- reads: commission_bases, bills, rated_calls
-- The bills that the lines count, each with its calls.
with counted as (
    select
        account_id,
        billing_period,
        sum(basis_amount) as basis_amount
    from commission_bases
    where
        agent_id = $agent and settlement_period = $period and ($kind is null or line_kind = $kind)
        and account_id is not null and reason is null
    group by account_id, billing_period
),

calls as (
    select
        rated_calls.account_id,
        rated_calls.billing_period,
        count(*) as calls,
        sum(rated_calls.amount) as calls_amount
    from rated_calls
    inner join counted
        on rated_calls.account_id = counted.account_id and rated_calls.billing_period = counted.billing_period
    group by rated_calls.account_id, rated_calls.billing_period
)

select
    bills.account_id,
    bills.billing_period,
    bills.amount,
    counted.basis_amount,
    coalesce(calls.calls, 0) as calls,
    coalesce(calls.calls_amount, 0) as calls_amount
from counted
inner join bills on counted.account_id = bills.account_id and counted.billing_period = bills.billing_period
left join calls on counted.account_id = calls.account_id and counted.billing_period = calls.billing_period
order by bills.billing_period, bills.account_id
