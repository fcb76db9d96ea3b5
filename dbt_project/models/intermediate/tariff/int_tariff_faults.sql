-- One row per fault of the tariff book (SPEC 5, "a sound tariff book") and row of the book, with the calls that it affects:
-- those of a plan and zone between two dates, of a band set, of a prefix between two dates, of a class between two dates, or
-- the calls from which a dialling rule (by its row) strips a code. `detail` says how to correct it. A row that ends on or
-- before the day on which it begins is in force on no day: it is reported, and neither overlaps nor affects anything.
with rates as (
    select
        rates.*,
        coalesce(rates.band_id, '') as band_key,
        coalesce(rates.valid_to, {{ end_of_time() }}) as ends_on,
        rates.tariff_plan_id || '/' || rates.zone_id || '/' || coalesce(rates.band_id, '*') || '/'
        || cast(rates.valid_from as varchar) || '/' || cast(rates.from_second as varchar) as row_key,
        plans.band_set_id
    from {{ ref('tariff_rates') }} as rates
    left join {{ ref('tariff_plans') }} as plans on rates.tariff_plan_id = plans.tariff_plan_id
    where rates.valid_to is null or rates.valid_from < rates.valid_to
),
steps as (
    select
        tariff_plan_id,
        zone_id,
        band_key,
        valid_from,
        ends_on,
        min(from_second) as lowest_from_second
    from rates
    group by tariff_plan_id, zone_id, band_key, valid_from, ends_on
),
repeated_steps as (
    select tariff_plan_id, zone_id, band_key, valid_from, ends_on, from_second
    from rates
    group by tariff_plan_id, zone_id, band_key, valid_from, ends_on, from_second
    having count(*) > 1
),
too_many_units as (
    select tariff_plan_id, zone_id, valid_from, valid_to
    from (
        select
            tariff_rows.tariff_plan_id,
            tariff_rows.zone_id,
            tariff_rows.valid_from,
            tariff_rows.valid_to,
            {{ reduced_unit('tariff_rows') }} as denominator
        from {{ ref('int_tariff_rows') }} as tariff_rows
    ) as units
    group by tariff_plan_id, zone_id, valid_from, valid_to
    having {{ lcm_of('denominator') }} > {{ largest_price_denominator() }}
),
rate_faults as (
    select
        rates.*, 'rate_starts_not_at_zero' as fault,
        'the lowest from_second is ' || cast(steps.lowest_from_second as varchar) || ': add a row from second 0' as detail
    from rates
    inner join steps
        on
            rates.tariff_plan_id = steps.tariff_plan_id and rates.zone_id = steps.zone_id and rates.band_key = steps.band_key
            and rates.valid_from = steps.valid_from and rates.ends_on = steps.ends_on
    where steps.lowest_from_second <> 0
    union all
    select rates.*, 'rate_step_twice' as fault, 'two rows start at the same from_second: remove one' as detail
    from rates
    inner join repeated_steps
        on
            rates.tariff_plan_id = repeated_steps.tariff_plan_id and rates.zone_id = repeated_steps.zone_id
            and rates.band_key = repeated_steps.band_key and rates.valid_from = repeated_steps.valid_from
            and rates.ends_on = repeated_steps.ends_on and rates.from_second = repeated_steps.from_second
    union all
    select
        rates.*, 'rate_unit_not_positive' as fault,
        'rate_unit_seconds ' || cast(rate_unit_seconds as varchar) || ' and increment_seconds '
        || cast(increment_seconds as varchar) || ' must both be above 0' as detail
    from rates
    where rate_unit_seconds <= 0 or increment_seconds <= 0
    union all
    select
        rates.*, 'price_negative' as fault,
        'rate ' || cast(rate as varchar) || ', connect_fee ' || cast(connect_fee as varchar) || ': neither may be below 0' as detail
    from rates
    where rate < 0 or connect_fee < 0
    union all
    select
        rates.*, 'price_out_of_range' as fault,
        'rate ' || cast(rate as varchar) || ' per ' || cast(rate_unit_seconds as varchar) || ' s, connect_fee '
        || cast(connect_fee as varchar) || ': the limits are 1000000 a second, and 1000000000 for an increment or a fee'
            as detail
    from rates
    where
        {{ millionths('rate') }} > cast(1000000000000 as hugeint) * greatest(rate_unit_seconds, 1)
        or cast({{ millionths('rate') }} as hugeint) * increment_seconds
        > cast(1000000000000000 as hugeint) * greatest(rate_unit_seconds, 1)
        or connect_fee > 1000000000
    union all
    select
        rates.*, 'price_out_of_range' as fault,
        'the common multiple of the rate_unit_seconds of the rows in force together is too large: '
        || 'write the rates per units that divide one another, like 60 and 180' as detail
    from rates
    inner join too_many_units
        on
            rates.tariff_plan_id = too_many_units.tariff_plan_id and rates.zone_id = too_many_units.zone_id
            and rates.valid_from < too_many_units.valid_to and rates.ends_on > too_many_units.valid_from
    union all
    select rates.*, 'unknown_zone' as fault, 'zone ' || rates.zone_id || {{ add_or_correct('zones') }} as detail
    from rates
    where rates.zone_id not in (select zones.zone_id from {{ ref('zones') }} as zones)
    union all
    select rates.*, 'unknown_plan' as fault, 'plan ' || rates.tariff_plan_id || {{ add_or_correct('tariff_plans') }} as detail
    from rates
    where rates.tariff_plan_id not in (select plans.tariff_plan_id from {{ ref('tariff_plans') }} as plans)
    union all
    select
        rates.*, 'unknown_band' as fault,
        'band ' || rates.band_id || ' is not in band set ' || coalesce(rates.band_set_id, '(none)')
        || ': add it to time_bands, or correct the name' as detail
    from rates
    where
        rates.band_id is not null
        and not exists (
            select 1 from {{ ref('time_bands') }} as bands
            where bands.band_set_id = rates.band_set_id and bands.band_id = rates.band_id
        )
    union all
    select distinct
        rates.*, 'versions_overlap' as fault,
        'another version, from ' || cast(others.valid_from as varchar)
        || ', holds at the same time: end the earlier where the later begins' as detail
    from rates
    inner join rates as others
        on
            rates.tariff_plan_id = others.tariff_plan_id and rates.zone_id = others.zone_id and rates.band_key = others.band_key
            and rates.valid_from < others.ends_on and others.valid_from < rates.ends_on
            and (rates.valid_from <> others.valid_from or rates.ends_on <> others.ends_on)
),
needed_days as (
    select sets.band_set_id, types.day_type
    from (select distinct band_set_id from {{ ref('time_bands') }}) as sets
    cross join {{ ref('int_day_types') }} as types
    where
        types.day_type <> 'H'
        or exists (
            select 1 from {{ ref('time_bands') }} as bands
            where bands.band_set_id = sets.band_set_id and position('H' in bands.days) > 0
        )
),
stretches as (
    select
        needed_days.band_set_id,
        needed_days.day_type,
        stretches.starts_second,
        stretches.ends_second,
        coalesce(max(stretches.ends_second) over (
            partition by needed_days.band_set_id, needed_days.day_type
            order by stretches.starts_second, stretches.ends_second, stretches.band_id
            rows between unbounded preceding and 1 preceding
        ), 0) as covered_until,
        max(stretches.ends_second) over (partition by needed_days.band_set_id, needed_days.day_type) as day_covered_until
    from needed_days
    left join {{ ref('int_band_stretches') }} as stretches
        on needed_days.band_set_id = stretches.band_set_id and needed_days.day_type = stretches.day_type
),
band_faults as (
    select
        band_set_id,
        day_type,
        'band_set_hole' as fault,
        'on day ' || day_type || ' no band holds from '
        || {{ time_of_second('min(case when starts_second > covered_until then covered_until else coalesce(day_covered_until, 0) end)') }}
        || ' on: add a row to time_bands (a band over midnight needs two)' as detail
    from stretches
    where starts_second is null or starts_second > covered_until or day_covered_until < 86400
    group by band_set_id, day_type
    union all
    select
        band_set_id,
        day_type,
        'band_set_overlap' as fault,
        'on day ' || day_type || ' two bands hold at the same time from ' || {{ time_of_second('min(starts_second)') }}
        || ' on: correct their rows in time_bands' as detail
    from stretches
    where starts_second < covered_until
    group by band_set_id, day_type
),
prefixes as (
    select
        destinations.prefix,
        destinations.zone_id,
        destinations.valid_from,
        coalesce(destinations.valid_to, {{ end_of_time() }}) as ends_on,
        row_number() over (order by destinations.prefix, destinations.valid_from, destinations.valid_to, destinations.zone_id) as row_number
    from {{ ref('destinations') }} as destinations
    where destinations.valid_to is null or destinations.valid_from < destinations.valid_to
),
classes as (
    select
        class_plans.customer_class,
        class_plans.tariff_plan_id,
        class_plans.valid_from,
        coalesce(class_plans.valid_to, {{ end_of_time() }}) as ends_on,
        row_number() over (
            order by class_plans.customer_class, class_plans.valid_from, class_plans.valid_to, class_plans.tariff_plan_id
        ) as row_number
    from {{ ref('class_plans') }} as class_plans
    where class_plans.valid_to is null or class_plans.valid_from < class_plans.valid_to
),
never_in_force as (
    select
        'tariff_rates' as table_name,
        tariff_plan_id || '/' || zone_id || '/' || coalesce(band_id, '*') || '/'
        || cast(valid_from as varchar) || '/' || cast(from_second as varchar) as row_key,
        cast(valid_to as varchar) as ends
    from {{ ref('tariff_rates') }}
    where valid_to <= valid_from
    union all
    select
        'destinations' as table_name,
        coalesce(prefix, '') || '/' || cast(valid_from as varchar) as row_key,
        cast(valid_to as varchar) as ends
    from {{ ref('destinations') }}
    where valid_to <= valid_from
    union all
    select
        'class_plans' as table_name,
        customer_class || '/' || cast(valid_from as varchar) as row_key,
        cast(valid_to as varchar) as ends
    from {{ ref('class_plans') }}
    where valid_to <= valid_from
),
dialling as (
    select
        cast(rules.rule_order as varchar) || '/' || cast(rules.valid_from as varchar) as row_key,
        rules.tariff_plan_id,
        rules.zone_id,
        rules.valid_from,
        coalesce(rules.valid_to, {{ end_of_time() }}) as ends_on
    from {{ ref('dialling_rules') }} as rules
)
select
    'tariff_rates' as table_name, row_key, fault, detail,
    tariff_plan_id, zone_id, valid_from, ends_on as valid_to,
    cast(null as varchar) as band_set_id, cast(null as varchar) as prefix, cast(null as varchar) as customer_class
from rate_faults
union all
select
    'time_bands' as table_name, band_set_id || '/' || day_type as row_key, fault, detail,
    null as tariff_plan_id, null as zone_id, null as valid_from, null as valid_to,
    band_set_id, null as prefix, null as customer_class
from band_faults
union all
select
    'time_bands' as table_name, band_set_id || '/' || days || '/' || starts_at as row_key, 'band_never_holds' as fault,
    'band ' || band_id || ' ends at ' || ends_at || ', not after it begins: correct the row (a band over midnight needs two)' as detail,
    null as tariff_plan_id, null as zone_id, null as valid_from, null as valid_to,
    band_set_id, null as prefix, null as customer_class
from {{ ref('time_bands') }}
where {{ seconds_of_day('ends_at') }} <= {{ seconds_of_day('starts_at') }}
union all
select
    'tariff_plans' as table_name, plans.tariff_plan_id as row_key, 'unknown_band_set' as fault,
    'band set ' || plans.band_set_id || {{ add_or_correct('time_bands') }} as detail,
    null as tariff_plan_id, null as zone_id, null as valid_from, null as valid_to,
    plans.band_set_id, null as prefix, null as customer_class
from {{ ref('tariff_plans') }} as plans
where plans.band_set_id not in (select bands.band_set_id from {{ ref('time_bands') }} as bands)
union all
select
    'destinations' as table_name, coalesce(prefix, '') || '/' || cast(valid_from as varchar) as row_key, 'unknown_zone' as fault,
    'zone ' || zone_id || {{ add_or_correct('zones') }} as detail,
    null as tariff_plan_id, null as zone_id, valid_from, ends_on as valid_to,
    null as band_set_id, coalesce(prefix, '') as prefix, null as customer_class
from prefixes
where zone_id not in (select zones.zone_id from {{ ref('zones') }} as zones)
union all
select distinct
    'destinations' as table_name, coalesce(prefixes.prefix, '') || '/' || cast(prefixes.valid_from as varchar) as row_key,
    'prefix_twice' as fault,
    'prefix ' || coalesce(prefixes.prefix, '') || ' stands twice at one time: end or remove one of its rows in destinations' as detail,
    null as tariff_plan_id, null as zone_id,
    greatest(prefixes.valid_from, others.valid_from) as valid_from, least(prefixes.ends_on, others.ends_on) as valid_to,
    null as band_set_id, coalesce(prefixes.prefix, '') as prefix, null as customer_class
from prefixes
inner join prefixes as others
    on
        coalesce(prefixes.prefix, '') = coalesce(others.prefix, '') and prefixes.row_number <> others.row_number
        and prefixes.valid_from < others.ends_on and others.valid_from < prefixes.ends_on
union all
select
    'class_plans' as table_name, customer_class || '/' || cast(valid_from as varchar) as row_key, 'unknown_plan' as fault,
    'plan ' || tariff_plan_id || {{ add_or_correct('tariff_plans') }} as detail,
    null as tariff_plan_id, null as zone_id, valid_from, ends_on as valid_to,
    null as band_set_id, null as prefix, customer_class
from classes
where tariff_plan_id not in (select plans.tariff_plan_id from {{ ref('tariff_plans') }} as plans)
union all
select distinct
    'class_plans' as table_name, classes.customer_class || '/' || cast(classes.valid_from as varchar) as row_key,
    'class_plan_twice' as fault,
    'class ' || classes.customer_class || ' has two plans at one time: end or remove one of its rows in class_plans' as detail,
    null as tariff_plan_id, null as zone_id,
    greatest(classes.valid_from, others.valid_from) as valid_from, least(classes.ends_on, others.ends_on) as valid_to,
    null as band_set_id, null as prefix, classes.customer_class
from classes
inner join classes as others
    on
        classes.customer_class = others.customer_class and classes.row_number <> others.row_number
        and classes.valid_from < others.ends_on and others.valid_from < classes.ends_on
union all
select
    'destinations' as table_name, prefix || '/' || cast(valid_from as varchar) as row_key, 'prefix_not_digits' as fault,
    'prefix ' || prefix || ' is neither digits alone nor a service code that begins with * or #, '
    || 'no number starts with it: correct it in destinations' as detail,
    null as tariff_plan_id, null as zone_id, valid_from, ends_on as valid_to,
    null as band_set_id, prefix, null as customer_class
from prefixes
where translate(prefix, case when substring(prefix, 1, 1) in ('*', '#') then '0123456789*#' else '0123456789' end, '') <> ''
union all
select
    table_name, row_key, 'never_in_force' as fault,
    'it ends on ' || ends || ', not after the day it begins on: correct the row or remove it' as detail,
    null as tariff_plan_id, null as zone_id, null as valid_from, null as valid_to,
    null as band_set_id, null as prefix, null as customer_class
from never_in_force
union all
select
    'dialling_rules' as table_name, row_key, 'unknown_plan' as fault,
    'plan ' || tariff_plan_id || {{ add_or_correct('tariff_plans') }} as detail,
    null as tariff_plan_id, null as zone_id, valid_from, ends_on as valid_to,
    null as band_set_id, null as prefix, null as customer_class
from dialling
where tariff_plan_id not in (select plans.tariff_plan_id from {{ ref('tariff_plans') }} as plans)
union all
select
    'dialling_rules' as table_name, row_key, 'unknown_zone' as fault,
    'zone ' || zone_id || {{ add_or_correct('zones') }} as detail,
    null as tariff_plan_id, null as zone_id, valid_from, ends_on as valid_to,
    null as band_set_id, null as prefix, null as customer_class
from dialling
where zone_id not in (select zones.zone_id from {{ ref('zones') }} as zones)
