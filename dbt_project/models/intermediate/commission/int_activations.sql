-- One row per service number that an agent activated: its first interval, and the agent of its customer in the snapshot that
-- fixes the bills of that month (SPEC 8).
select
    intervals.service_number,
    owners.agent_id,
    owners.billing_period as activation_period,
    intervals.starts_at,
    intervals.ends_at
from {{ ref('int_first_intervals') }} as intervals
inner join {{ ref('int_account_owners_at_issue') }} as owners
    on
        intervals.account_id = owners.account_id
        and {{ period_of('cast(intervals.starts_at as date)') }} = owners.billing_period
where owners.agent_id is not null
