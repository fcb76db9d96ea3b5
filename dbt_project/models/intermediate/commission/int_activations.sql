-- One row per service number that an agent activated: its first interval, and the agent of its customer in the snapshot
-- that fixes the bills of the month in which it began (SPEC 8).
select
    intervals.service_number,
    fixed.agent_id,
    fixed.billing_period as activation_period,
    intervals.starts_at,
    intervals.ends_at
from {{ ref('int_first_intervals') }} as intervals
inner join {{ ref('int_accounts_fixed') }} as fixed
    on
        intervals.account_id = fixed.account_id
        and {{ period_of('cast(intervals.starts_at as date)') }} = fixed.billing_period
where fixed.agent_id is not null
