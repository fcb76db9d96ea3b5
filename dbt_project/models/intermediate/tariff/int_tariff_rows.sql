-- One row per (tariff_plan_id, zone_id, valid_from, band_id, from_second): the rate step of a band of the plan's band set
-- during one version. Fallbacks are resolved: a rate row without a band applies to every band that has no row of its own. A
-- version is a run of days with the same rate rows. Versions with an error have their steps too; int_tariff_versions says
-- which those are.
with rates as (
    select
        rates.*,
        coalesce(rates.valid_to, {{ end_of_time() }}) as ends_on
    from {{ ref('tariff_rates') }} as rates
    where rates.valid_to is null or rates.valid_from < rates.valid_to
),
boundaries as (
    select tariff_plan_id, zone_id, valid_from as changes_on from rates
    union
    select tariff_plan_id, zone_id, ends_on as changes_on from rates
),
stretches as (
    select
        tariff_plan_id,
        zone_id,
        changes_on as valid_from,
        lead(changes_on) over (partition by tariff_plan_id, zone_id order by changes_on) as valid_to
    from boundaries
),
in_force as (
    select
        stretches.tariff_plan_id,
        stretches.zone_id,
        stretches.valid_from,
        stretches.valid_to,
        rates.band_id,
        rates.from_second,
        rates.rate,
        rates.rate_unit_seconds,
        rates.increment_seconds,
        rates.connect_fee
    from stretches
    inner join rates
        on
            stretches.tariff_plan_id = rates.tariff_plan_id and stretches.zone_id = rates.zone_id
            and stretches.valid_from >= rates.valid_from and stretches.valid_to <= rates.ends_on
),
plan_bands as (
    select distinct plans.tariff_plan_id, bands.band_id
    from {{ ref('tariff_plans') }} as plans
    inner join {{ ref('time_bands') }} as bands on plans.band_set_id = bands.band_set_id
),
own_rows as (
    select
        in_force.tariff_plan_id, in_force.zone_id, in_force.valid_from, in_force.valid_to, in_force.band_id,
        in_force.from_second, in_force.rate, in_force.rate_unit_seconds, in_force.increment_seconds, in_force.connect_fee
    from in_force
    where in_force.band_id is not null
),
fallback_rows as (
    select
        in_force.tariff_plan_id, in_force.zone_id, in_force.valid_from, in_force.valid_to, plan_bands.band_id,
        in_force.from_second, in_force.rate, in_force.rate_unit_seconds, in_force.increment_seconds, in_force.connect_fee
    from in_force
    -- A plan with an unknown band set has no bands. Its rows stay, so that the reason why its calls are unrated is reported.
    left join plan_bands on in_force.tariff_plan_id = plan_bands.tariff_plan_id
    left join own_rows
        on
            in_force.tariff_plan_id = own_rows.tariff_plan_id and in_force.zone_id = own_rows.zone_id
            and in_force.valid_from = own_rows.valid_from and plan_bands.band_id = own_rows.band_id
    where in_force.band_id is null and own_rows.band_id is null
)
select * from own_rows
union all
select * from fallback_rows
