-- One row per decision_number: an approval or a lock of a settlement whose cut-off is not after the as-of
-- date.
select
    decision_number,
    settlement_period,
    decision,
    edition,
    prepared_by,
    decided_at,
    decided_by
from {{ source('raw', 'settlement_decisions') }}
