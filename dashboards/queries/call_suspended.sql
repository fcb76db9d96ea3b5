-- reads: suspended_calls
-- At most one row: the suspended call of an id, with all that is known of it.
select *
from suspended_calls
where call_id = $call_id
