-- One row per subscription in any loaded export, as the newest export with the subscription has it. An open subscription
-- ends on the date of the first export that lacks it (SPEC 3.3).
with ranked as (
    select
        *,
        row_number() over (partition by subscription_id order by seen_from desc) as recency
    from {{ source('raw', 'crm_subscriptions_history') }}
)
select
    subscription_id,
    account_id,
    service_number,
    product_id,
    promotion_id,
    valid_from,
    coalesce(valid_to, gone_on) as valid_to
from ranked
where recency = 1
