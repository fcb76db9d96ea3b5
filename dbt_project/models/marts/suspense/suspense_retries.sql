-- One row per suspended record: the first run that found it, and how many runs have tried it. This mart depends on the runs,
-- unlike every other mart.
select
    suspended.call_id,
    suspended.state,
    tries.first_suspended_at,
    tries.last_tried_at,
    tries.tries
from {{ ref('suspended_calls') }} as suspended
inner join {{ source('state', 'suspense_tries') }} as tries on suspended.call_id = tries.call_id
