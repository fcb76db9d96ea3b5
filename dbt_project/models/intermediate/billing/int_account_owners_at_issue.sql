-- One row per (billing_period, account_id) that a bill or an activation needs: the owner of the account by the newest
-- snapshot dated on or before the period's issue date, else by the oldest snapshot that holds it (SPEC 6). Later snapshots
-- do not change it.
with wanted as (
    select distinct billing_period, account_id from {{ ref('int_charge_lines') }}
    union
    select distinct billing_period, account_id from {{ ref('int_adjustment_lines') }}
    union
    select distinct billing_period, account_id from {{ ref('int_manual_adjustment_lines') }}
    union
    select distinct billing_period, account_id from {{ ref('int_late_fee_lines') }}
    union
    select {{ period_of('cast(starts_at as date)') }} as billing_period, account_id from {{ ref('int_first_intervals') }}
),
-- A number that began before the first period had its bonus then; a clawback needs the agent of that time (SPEC 8).
periods as (
    select billing_period, issued_on from {{ ref('int_billing_periods') }}
    union
    select
        {{ period_of('cast(starts_at as date)') }} as billing_period,
        {{ next_month_start('starts_at') }} as issued_on
    from {{ ref('int_first_intervals') }}
    where {{ period_of('cast(starts_at as date)') }} < (select min(periods.billing_period) from {{ ref('int_billing_periods') }} as periods)
)
select
    wanted.billing_period,
    wanted.account_id,
    owners.customer_id,
    owners.customer_class,
    owners.business_unit_id,
    owners.agent_id,
    owners.outlet_id
from wanted
inner join periods on wanted.billing_period = periods.billing_period
left join {{ ref('int_account_owners') }} as owners
    on wanted.account_id = owners.account_id and periods.issued_on >= owners.valid_from and periods.issued_on < owners.valid_to
