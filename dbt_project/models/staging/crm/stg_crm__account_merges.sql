-- One row per merge of two accounts of the newest account_merges export dated up to the as-of date.
select
    merge_id,
    from_account_id,
    into_account_id,
    merged_at,
    outlet_id
from {{ source('raw', 'crm_account_merges') }}
