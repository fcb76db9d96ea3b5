-- One row per payment of the newest payments export dated up to the as-of date.
select
    payment_id,
    account_id,
    paid_at,
    amount,
    channel,
    outlet_id,
    reverses_payment_id
from {{ source('raw', 'crm_payments') }}
