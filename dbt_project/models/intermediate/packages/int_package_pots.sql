-- One row per package, account, number (empty: all numbers of the account) and billing period: how much is included in it.
-- Each subscription in force on at least one day of the period brings the whole allowance.
with granted as (
    select distinct package_id, subscription_id, account_id, package_number, allowance_kind, allowance, valid_from, valid_to
    from {{ ref('int_package_grants') }}
)
select
    granted.package_id,
    granted.account_id,
    granted.package_number,
    periods.billing_period,
    granted.allowance_kind,
    cast(sum(granted.allowance) as {{ call_money() }}) as allowance
from granted
inner join {{ ref('int_billing_periods') }} as periods
    on granted.valid_from < periods.ends_on and granted.valid_to > periods.starts_on
group by granted.package_id, granted.account_id, granted.package_number, periods.billing_period, granted.allowance_kind
