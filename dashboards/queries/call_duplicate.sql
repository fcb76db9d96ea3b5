-- reads: duplicate_calls
-- At most one row: the duplicate call of an id, with all that is known of it.
select *
from duplicate_calls
where call_id = $call_id
