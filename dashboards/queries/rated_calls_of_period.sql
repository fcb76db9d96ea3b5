-- reads: rated_calls
-- One row: calls rated into the period, their conversation time and their amount.
select
    count(*) as calls,
    coalesce(sum(duration_seconds), 0) as conversation_seconds,
    coalesce(sum(amount), 0) as amount
from rated_calls
where billing_period = $period
