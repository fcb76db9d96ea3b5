-- One row per complaint of the newest complaints export dated up to the as-of date.
select
    complaint_id,
    account_id,
    outlet_id,
    opened_at,
    closed_at,
    kind,
    was_billing_error
from {{ source('raw', 'crm_complaints') }}
