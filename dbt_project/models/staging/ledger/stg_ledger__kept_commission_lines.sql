-- One row per (decision_number, agent_id, settlement_period, line_kind): a commission line as it was approved or locked.
select
    decision_number,
    agent_id,
    settlement_period,
    line_kind,
    basis_amount,
    rate,
    amount
from {{ source('raw', 'kept_commission_lines') }}
