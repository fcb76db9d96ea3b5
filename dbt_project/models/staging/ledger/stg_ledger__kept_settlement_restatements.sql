-- One row per (decision_number, restated_period, agent_id, line_kind): a restatement as it was locked with its settlement.
select
    decision_number,
    settlement_period,
    restated_period,
    agent_id,
    line_kind,
    locked_amount,
    restated_before,
    recalculated_amount,
    amount,
    reason
from {{ source('raw', 'kept_settlement_restatements') }}
