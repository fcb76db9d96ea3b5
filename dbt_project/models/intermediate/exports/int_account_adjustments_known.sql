{{ config(materialized='view') }}
-- One row per adjustment or write-off in any loaded export, as the newest export with it has it. It is never removed (SPEC
-- 3.3): what was wrong is taken back by another one.
with ranked as (
    select
        *,
        row_number() over (partition by adjustment_id order by seen_from desc) as recency
    from {{ source('raw', 'crm_account_adjustments_history') }}
)
select
    adjustment_id,
    account_id,
    kind,
    amount,
    dated_on,
    bill_item_id,
    coalesce(service_number, '') as service_number,
    reason,
    prepared_by,
    approved_by,
    reverses_adjustment_id
from ranked
where recency = 1
