-- reads: rated_calls
-- At most one row: the rated call of an id, with all that is known of it.
select *
from rated_calls
where call_id = $call_id
