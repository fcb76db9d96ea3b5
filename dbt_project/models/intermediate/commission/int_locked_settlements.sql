-- One row per settlement_period that is locked. Settlements are locked in their order, so the one after the last of them is the
-- next to be locked: it takes what the locked ones would come to differently.
select
    settlement_period,
    min(decision_number) as decision_number
from {{ ref('stg_ledger__settlement_decisions') }}
where decision = 'locked'
group by settlement_period
