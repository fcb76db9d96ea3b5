-- One row per (subscription_id, billing_period): the product's fee for the period, full or in proportion to the days in
-- force (SPEC 6).
select
    subscriptions.subscription_id,
    subscriptions.account_id,
    subscriptions.service_number,
    subscriptions.billing_period,
    products.bill_item_id,
    case products.proration
        when 'daily'
            then {{ divided_to_cents(
                millionths('products.monthly_fee') ~ ' * subscriptions.days_in_force', 'subscriptions.days_in_period * 10000'
            ) }}
        else {{ round_half_up('products.monthly_fee') }}
    end as amount
from {{ ref('int_subscriptions_in_force') }} as subscriptions
inner join {{ ref('products') }} as products on subscriptions.product_id = products.product_id
