-- One row per (subscription_id, billing_period) of an open period in which the subscription is in force on at least one day,
-- with the number of days. valid_to is the first day on which it is no longer in force.
select
    subscriptions.subscription_id,
    subscriptions.account_id,
    coalesce(subscriptions.service_number, '') as service_number,
    subscriptions.product_id,
    subscriptions.promotion_id,
    periods.billing_period,
    periods.days_in_period,
    {{ days_between(
        'greatest(subscriptions.valid_from, periods.starts_on)',
        'least(coalesce(subscriptions.valid_to, periods.ends_on), periods.ends_on)'
    ) }} as days_in_force
from {{ ref('int_subscriptions_known') }} as subscriptions
inner join {{ ref('int_billing_periods') }} as periods
    on
        subscriptions.valid_from < periods.ends_on
        and (subscriptions.valid_to is null or subscriptions.valid_to > periods.starts_on)
        and (subscriptions.valid_to is null or subscriptions.valid_from < subscriptions.valid_to)
where not periods.is_closed
