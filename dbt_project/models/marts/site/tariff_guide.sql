-- One row per (tariff_plan_id, customer_class, zone_id, band) with a valid rate on the as-of date: the price of a call of 1,
-- 3 and 10 minutes that begins in the band and stays in it, in figures and in words. A plan has one row for each class that
-- it applies to. It has one row without a class where only numbers or dialled codes name it. Without a valid rate there is
-- no row; a missing price is never shown as 0. The reductions of packages are not included.
with classes as (
    select
        customer_class,
        tariff_plan_id
    from {{ ref('int_class_plans') }}
    where fault is null and valid_from <= {{ as_of_date() }} and valid_to > {{ as_of_date() }}
),
caps as (
    select
        tariff_plan_id,
        zone_id,
        max_amount
    from {{ ref('price_caps') }}
    where valid_from <= {{ as_of_date() }} and coalesce(valid_to, {{ end_of_time() }}) > {{ as_of_date() }}
),
hours as (
    select
        band_set_id,
        band_id,
        {{ joined_text("days || ' ' || starts_at || '–' || ends_at", ', ', 'days, starts_at') }} as band_hours
    from {{ ref('time_bands') }}
    group by band_set_id, band_id
),
amounts as (
    select
        version_id,
        band_id,
        max(case when duration_seconds = 60 then amount end) as amount_1_minute,
        max(case when duration_seconds = 180 then amount end) as amount_3_minutes,
        max(case when duration_seconds = 600 then amount end) as amount_10_minutes
    from {{ ref('int_band_charges') }}
    group by version_id, band_id
)
select
    versions.tariff_plan_id,
    classes.customer_class,
    versions.zone_id,
    sentences.band_id as band,
    hours.band_hours,
    versions.band_rule,
    versions.rounding_mode,
    cast(versions.rounding_decimals as integer) as rounding_decimals,
    cast(sentences.connect_fee as {{ call_money() }}) as connect_fee,
    cast(least(amounts.amount_1_minute, caps.max_amount) as {{ call_money() }}) as amount_1_minute,
    cast(least(amounts.amount_3_minutes, caps.max_amount) as {{ call_money() }}) as amount_3_minutes,
    cast(least(amounts.amount_10_minutes, caps.max_amount) as {{ call_money() }}) as amount_10_minutes,
    cast(caps.max_amount as {{ call_money() }}) as max_amount,
    sentences.sentence_zh || coalesce('；每次最多' || {{ money_text('caps.max_amount') }} || '元', '') as sentence_zh,
    sentences.sentence_en || coalesce('; at most ' || {{ money_text('caps.max_amount') }} || ' a call', '') as sentence_en,
    versions.valid_from as rate_valid_from
from {{ ref('int_tariff_sentences') }} as sentences
inner join {{ ref('int_tariff_versions') }} as versions on sentences.version_id = versions.version_id
inner join amounts on sentences.version_id = amounts.version_id and sentences.band_id = amounts.band_id
inner join hours on versions.band_set_id = hours.band_set_id and sentences.band_id = hours.band_id
left join classes on versions.tariff_plan_id = classes.tariff_plan_id
left join caps on versions.tariff_plan_id = caps.tariff_plan_id and versions.zone_id = caps.zone_id
