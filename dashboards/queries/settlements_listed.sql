-- reads: settlements
-- One row per settlement, the newest first.
select
    settlement_period,
    state,
    cut_off_on,
    agents,
    lines,
    amount,
    prepared_by,
    approved_by,
    approved_at,
    approved_amount,
    lines_changed_since_approval,
    locked_by,
    locked_at,
    restated_amount
from settlements
order by settlement_period desc
