{{ config(materialized='view') }}
-- One row per merge of two accounts in any loaded export, as the newest export with the merge has it. A merge is never
-- removed (SPEC 3.3).
with ranked as (
    select
        *,
        row_number() over (partition by merge_id order by seen_from desc) as recency
    from {{ source('raw', 'crm_account_merges_history') }}
)
select
    merge_id,
    from_account_id,
    into_account_id,
    merged_at,
    outlet_id
from ranked
where recency = 1
