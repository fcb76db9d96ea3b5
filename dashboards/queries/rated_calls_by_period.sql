-- reads: rated_calls
-- One row per period between two: calls rated into it, and their conversation time.
select
    billing_period,
    cast(count(*) as bigint) as calls,
    cast(coalesce(sum(duration_seconds), 0) as bigint) as conversation_seconds
from rated_calls
where billing_period between $first_period and $last_period
group by billing_period
order by billing_period
