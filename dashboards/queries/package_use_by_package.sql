-- reads: bills, package_use
-- One row per package and kind of allowance in a month: how much of what it includes was used, and what that would have cost.
select
    package_use.package_id,
    package_use.allowance_kind,
    cast(count(distinct package_use.account_id) as bigint) as accounts,
    cast(sum(package_use.subscriptions) as bigint) as subscriptions,
    cast(sum(package_use.allowance) as decimal(18, 6)) as allowance,
    cast(sum(package_use.used) as decimal(18, 6)) as used,
    cast(sum(package_use.unused) as decimal(18, 6)) as unused,
    cast(count(package_use.exhausted_on) as bigint) as exhausted,
    cast(sum(package_use.calls) as bigint) as calls,
    cast(sum(package_use.calls_covered) as bigint) as calls_covered,
    cast(sum(package_use.list_amount) as decimal(18, 6)) as list_amount,
    cast(sum(package_use.covered_amount) as decimal(18, 6)) as covered_amount
from package_use
left join bills
    on package_use.account_id = bills.account_id and package_use.billing_period = bills.billing_period
where
    package_use.billing_period = $period
    and ($unit is null or coalesce(bills.business_unit_id, 'unassigned') = $unit)
    and ($customer_class is null or coalesce(bills.customer_class, 'unassigned') = $customer_class)
group by package_use.package_id, package_use.allowance_kind
order by package_use.package_id, package_use.allowance_kind
