-- One row per subscription that grants a package, package, and zone of its group: whose calls draw on it in [valid_from, valid_to).
-- `package_number` is empty where all numbers of the account do: the package is shared, or the subscription names no number.
with granted as (
    select
        packages.package_id,
        subscriptions.subscription_id,
        packages.zone_group_id,
        subscriptions.account_id,
        case when packages.is_shared then '' else coalesce(subscriptions.service_number, '') end as package_number,
        packages.allowance_kind,
        packages.allowance,
        greatest(subscriptions.valid_from, packages.valid_from) as valid_from,
        least(coalesce(subscriptions.valid_to, {{ end_of_time() }}), coalesce(packages.valid_to, {{ end_of_time() }})) as valid_to
    from {{ ref('packages') }} as packages
    inner join {{ ref('int_subscriptions_known') }} as subscriptions on packages.product_id = subscriptions.product_id
)
select
    granted.package_id,
    granted.subscription_id,
    zone_groups.zone_id,
    granted.account_id,
    granted.package_number,
    granted.allowance_kind,
    granted.allowance,
    granted.valid_from,
    granted.valid_to
from granted
inner join {{ ref('zone_groups') }} as zone_groups on granted.zone_group_id = zone_groups.zone_group_id
where granted.valid_from < granted.valid_to
