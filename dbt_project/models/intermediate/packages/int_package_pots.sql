-- One row per package, account, number (empty: all numbers of the account) and month with a billing period or calls: the
-- included allowance. Each subscription in force on at least one day of the month brings the whole allowance.
with granted as (
    select distinct package_id, subscription_id, account_id, package_number, allowance_kind, allowance, valid_from, valid_to
    from {{ ref('int_package_grants') }}
),
-- The first file has calls that began in the month before the first period, and released calls may be older.
months as (
    select starts_on from {{ ref('int_billing_periods') }}
    union distinct
    select {{ month_start('call_days.call_date') }} as starts_on from {{ source('raw', 'call_days') }} as call_days
)
select
    granted.package_id,
    granted.account_id,
    granted.package_number,
    {{ period_of('months.starts_on') }} as billing_period,
    granted.allowance_kind,
    cast(sum(granted.allowance) as {{ call_money() }}) as allowance,
    count(*) as subscriptions
from granted
inner join months
    on granted.valid_from < {{ next_month_start('months.starts_on') }} and granted.valid_to > months.starts_on
group by granted.package_id, granted.account_id, granted.package_number, months.starts_on, granted.allowance_kind
