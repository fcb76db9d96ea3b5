-- One row per subscription of the newest subscriptions export dated up to the as-of date.
select
    subscription_id,
    account_id,
    service_number,
    product_id,
    promotion_id,
    valid_from,
    valid_to
from {{ source('raw', 'crm_subscriptions') }}
