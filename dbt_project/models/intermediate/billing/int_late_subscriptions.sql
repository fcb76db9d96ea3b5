-- One row per (subscription_id, billing_period) of a closed period: a subscription that was in force in the period by
-- today's exports and has no line there. No line is ever added to a closed period (SPEC 6), so the bulletin lists these
-- subscriptions.
select
    subscriptions.subscription_id,
    subscriptions.account_id,
    periods.billing_period,
    greatest(subscriptions.valid_from, periods.starts_on) as first_day
from {{ ref('int_subscriptions_known') }} as subscriptions
inner join {{ ref('int_billing_periods') }} as periods
    on
        subscriptions.valid_from < periods.ends_on
        and (subscriptions.valid_to is null or subscriptions.valid_to > periods.starts_on)
        and (subscriptions.valid_to is null or subscriptions.valid_from < subscriptions.valid_to)
inner join {{ ref('products') }} as products on subscriptions.product_id = products.product_id
left join {{ source('closed', 'bill_lines') }} as closed
    on
        subscriptions.account_id = closed.account_id
        and coalesce(subscriptions.service_number, '') = closed.service_number
        and periods.billing_period = closed.billing_period
        and products.bill_item_id = closed.bill_item_id
        and closed.line_kind = 'recurring'
where periods.is_closed and products.monthly_fee > 0 and closed.account_id is null
