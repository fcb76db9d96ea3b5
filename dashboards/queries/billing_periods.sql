-- reads: billing_periods
-- One row per billing period, the newest first: whether its figures can still change.
select
    billing_period,
    period_state,
    issued_on,
    due_on
from billing_periods
order by billing_period desc
