{{ config(materialized='view') }}
-- One row per complaint in any loaded export, as the newest export with the complaint has it. A complaint is never removed
-- (SPEC 3.3).
with ranked as (
    select
        *,
        row_number() over (partition by complaint_id order by seen_from desc) as recency
    from {{ source('raw', 'crm_complaints_history') }}
)
select
    complaint_id,
    account_id,
    outlet_id,
    opened_at,
    closed_at,
    kind,
    was_billing_error
from ranked
where recency = 1
