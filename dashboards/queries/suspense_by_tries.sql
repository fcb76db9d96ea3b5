-- reads: suspense_retries
-- One row per state and number of tries of the suspended calls.
select
    state,
    tries,
    cast(count(*) as bigint) as calls,
    min(first_suspended_at) as first_suspended_at,
    max(last_tried_at) as last_tried_at
from suspense_retries
group by state, tries
order by state asc, tries desc
