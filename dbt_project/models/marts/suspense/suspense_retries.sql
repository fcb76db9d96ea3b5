-- One row per record that waits: since when, and how many runs have tried it. Depends on the runs, unlike every other mart.
select
    suspended.call_id,
    suspended.state,
    tries.first_suspended_at,
    tries.last_tried_at,
    tries.tries
from {{ ref('suspended_calls') }} as suspended
inner join {{ source('state', 'suspense_tries') }} as tries on suspended.call_id = tries.call_id
