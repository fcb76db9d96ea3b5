-- One row per (tariff_plan_id, zone_id, valid_from): a run of days [valid_from, valid_to) with the same rate rows.
-- `price_denominator` makes every step's price of one increment a whole number of millionths ÷ price_denominator. `fault` is
-- the first reason why the version cannot be used; its calls are unrated.
with priced as (
    select
        tariff_rows.tariff_plan_id,
        tariff_rows.zone_id,
        tariff_rows.valid_from,
        tariff_rows.valid_to,
        {{ reduced_unit('tariff_rows') }} as denominator
    from {{ ref('int_tariff_rows') }} as tariff_rows
),
versions as (
    select
        tariff_plan_id,
        zone_id,
        valid_from,
        valid_to,
        cast(least({{ lcm_of('denominator') }}, {{ largest_price_denominator() }}) as bigint) as price_denominator
    from priced
    group by tariff_plan_id, zone_id, valid_from, valid_to
),
rate_faults as (
    select versions.tariff_plan_id, versions.zone_id, versions.valid_from, min(faults.row_key || ': ' || faults.detail) as fault
    from versions
    inner join {{ ref('int_tariff_faults') }} as faults
        on
            versions.tariff_plan_id = faults.tariff_plan_id and versions.zone_id = faults.zone_id
            and versions.valid_from < faults.valid_to and versions.valid_to > faults.valid_from
    where faults.table_name = 'tariff_rates'
    group by versions.tariff_plan_id, versions.zone_id, versions.valid_from
),
band_faults as (
    select band_set_id, min('band set ' || band_set_id || ': ' || detail) as fault
    from {{ ref('int_tariff_faults') }}
    where band_set_id is not null
    group by band_set_id
)
select
    cast(row_number() over (order by versions.tariff_plan_id, versions.zone_id, versions.valid_from) as integer) as version_id,
    versions.tariff_plan_id,
    versions.zone_id,
    versions.valid_from,
    versions.valid_to,
    plans.band_set_id,
    coalesce(plans.band_rule, 'increment') as band_rule,
    coalesce(plans.rounding_mode, 'half_up') as rounding_mode,
    coalesce(plans.rounding_decimals, 2) as rounding_decimals,
    versions.price_denominator,
    coalesce(rate_faults.fault, band_faults.fault) as fault
from versions
left join {{ ref('tariff_plans') }} as plans on versions.tariff_plan_id = plans.tariff_plan_id
left join rate_faults
    on
        versions.tariff_plan_id = rate_faults.tariff_plan_id and versions.zone_id = rate_faults.zone_id
        and versions.valid_from = rate_faults.valid_from
left join band_faults on plans.band_set_id = band_faults.band_set_id
