-- One row per billing period of the branch, from the first to the current one, with its state: whether its figures can still
-- change.
select
    billing_period,
    case
        when is_closed then 'closed'
        when is_provisional then 'provisional'
        else 'open'
    end as period_state,
    issued_on,
    due_on
from {{ ref('int_billing_periods') }}
