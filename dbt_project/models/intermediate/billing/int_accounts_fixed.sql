-- One row per (billing_period, account_id) that a bill or an activation needs: to whom the account belonged by the newest
-- snapshot dated on or before the period's issue date, else by the oldest that holds it (SPEC 6). Nothing later moves it.
with wanted as (
    select distinct billing_period, account_id from {{ ref('int_charge_lines') }}
    union
    select distinct billing_period, account_id from {{ ref('int_adjustment_lines') }}
    union
    select {{ period_of('cast(starts_at as date)') }} as billing_period, account_id from {{ ref('int_first_intervals') }}
),
-- A number that began before the first period had its bonus then, and a clawback of it asks for whom (SPEC 8).
periods as (
    select billing_period, issued_on from {{ ref('int_billing_periods') }}
    union
    select
        {{ period_of('cast(starts_at as date)') }} as billing_period,
        {{ next_month_start('starts_at') }} as issued_on
    from {{ ref('int_first_intervals') }}
    where {{ period_of('cast(starts_at as date)') }} < (select min(periods.billing_period) from {{ ref('int_billing_periods') }} as periods)
),
fixing_dates as (
    select
        periods.billing_period,
        snapshots.export_table,
        max(snapshots.snapshot_date) as snapshot_date
    from periods
    inner join {{ source('raw', 'crm_snapshots') }} as snapshots on periods.issued_on >= snapshots.snapshot_date
    group by periods.billing_period, snapshots.export_table
),
accounts as (
    select * from {{ source('raw', 'crm_accounts_history') }}
),
customers as (
    select * from {{ source('raw', 'crm_customers_history') }}
),
oldest_accounts as (
    select account_id, min(snapshot_date) as snapshot_date from accounts group by account_id
),
oldest_customers as (
    select customer_id, min(snapshot_date) as snapshot_date from customers group by customer_id
),
held as (
    select
        wanted.billing_period,
        wanted.account_id,
        fixed.account_id is not null as is_in_snapshot,
        fixed.customer_id
    from wanted
    inner join periods on wanted.billing_period = periods.billing_period
    left join fixing_dates on wanted.billing_period = fixing_dates.billing_period and fixing_dates.export_table = 'accounts'
    left join accounts as fixed
        on wanted.account_id = fixed.account_id and fixing_dates.snapshot_date = fixed.snapshot_date
),
owned as (
    select
        held.billing_period,
        held.account_id,
        case when held.is_in_snapshot then held.customer_id else accounts.customer_id end as customer_id
    from held
    left join oldest_accounts on held.account_id = oldest_accounts.account_id
    left join accounts
        on oldest_accounts.account_id = accounts.account_id and oldest_accounts.snapshot_date = accounts.snapshot_date
),
placed as (
    select
        owned.billing_period,
        owned.account_id,
        owned.customer_id,
        fixed.customer_id is not null as is_in_snapshot,
        fixed.customer_class,
        fixed.business_unit_id,
        fixed.agent_id,
        fixed.outlet_id
    from owned
    left join fixing_dates on owned.billing_period = fixing_dates.billing_period and fixing_dates.export_table = 'customers'
    left join customers as fixed
        on owned.customer_id = fixed.customer_id and fixing_dates.snapshot_date = fixed.snapshot_date
)
select
    placed.billing_period,
    placed.account_id,
    placed.customer_id,
    case when placed.is_in_snapshot then placed.customer_class else customers.customer_class end as customer_class,
    case when placed.is_in_snapshot then placed.business_unit_id else customers.business_unit_id end as business_unit_id,
    case when placed.is_in_snapshot then placed.agent_id else customers.agent_id end as agent_id,
    case when placed.is_in_snapshot then placed.outlet_id else customers.outlet_id end as outlet_id
from placed
left join oldest_customers on placed.customer_id = oldest_customers.customer_id
left join customers
    on oldest_customers.customer_id = customers.customer_id and oldest_customers.snapshot_date = customers.snapshot_date
