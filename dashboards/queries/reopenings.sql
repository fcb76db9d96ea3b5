-- reads: period_reopenings
-- One row per reopening of a billing period, the newest period first: who reopened it and why, and its calls, lines and bills as they
-- were closed and since then. bills_changed counts the accounts whose bill comes to another amount.
with accounts as (
    select
        billing_period,
        reopening_number,
        account_id,
        max(reopened_at) as reopened_at,
        max(reopened_by) as reopened_by,
        max(why) as why,
        sum(frozen_calls) as frozen_calls,
        sum(calls) as calls,
        sum(frozen_seconds) as frozen_seconds,
        sum(seconds) as seconds,
        sum(frozen_lines) as frozen_lines,
        sum(lines) as lines,
        sum(frozen_amount) as frozen_amount,
        sum(amount) as amount,
        sum(difference_amount) as difference_amount
    from period_reopenings
    group by billing_period, reopening_number, account_id
)
select
    billing_period,
    reopening_number,
    max(reopened_at) as reopened_at,
    max(reopened_by) as reopened_by,
    max(why) as why,
    count(*) filter (where frozen_lines > 0) as frozen_bills,
    count(*) filter (where lines > 0) as bills,
    count(*) filter (where difference_amount <> 0) as bills_changed,
    cast(sum(frozen_calls) as bigint) as frozen_calls,
    cast(sum(calls) as bigint) as calls,
    cast(sum(frozen_seconds) as bigint) as frozen_seconds,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(frozen_lines) as bigint) as frozen_lines,
    cast(sum(lines) as bigint) as lines,
    cast(sum(frozen_amount) as decimal(18, 2)) as frozen_amount,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(sum(difference_amount) as decimal(18, 2)) as difference_amount
from accounts
group by billing_period, reopening_number
order by billing_period desc, reopening_number desc
