-- reads: rerating_changes
-- One row per re-rating, the newest days first: its days, why, and its rated calls and their amounts before and after.
select
    rerate_id,
    first_day,
    last_day,
    why,
    cast(count(distinct account_id) as bigint) as accounts,
    cast(sum(calls_before) as bigint) as calls_before,
    cast(sum(calls_after) as bigint) as calls_after,
    cast(sum(calls_changed) as bigint) as calls_changed,
    cast(sum(newly_rated_calls) as bigint) as newly_rated_calls,
    cast(sum(no_longer_rated_calls) as bigint) as no_longer_rated_calls,
    cast(sum(amount_before) as decimal(18, 6)) as amount_before,
    cast(sum(amount_after) as decimal(18, 6)) as amount_after,
    cast(sum(amount_difference) as decimal(18, 6)) as amount_difference
from rerating_changes
group by rerate_id, first_day, last_day, why
order by first_day desc, rerate_id asc
