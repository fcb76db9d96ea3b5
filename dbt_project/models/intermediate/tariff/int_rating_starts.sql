-- One row per (version_id, day_type, start_hour) that lies completely in one band: the prices, in the band's first two
-- tiers, of a call that begins in that hour, as one row that the kernel joins. `safe_seconds` is the longest duration whose
-- price fits into 64 bits and stays below 100 000 of the currency. Longer calls, and hours without a row, are walked.
with hours as (
    {% for hour in range(24) %}
    select cast({{ hour }} as integer) as start_hour {{ 'union all' if not loop.last }}
    {% endfor %}
),
tiers as (
    select
        steps.*,
        row_number() over (
            partition by steps.version_id, steps.day_type, steps.starts_second, steps.band_id order by steps.from_second
        ) as tier
    from {{ ref('int_rating_steps') }} as steps
),
pairs as (
    select
        firsts.version_id,
        firsts.day_type,
        firsts.starts_second,
        firsts.ends_second,
        firsts.band_id,
        firsts.connect_price,
        firsts.until_second as first_until,
        firsts.increment_seconds as first_increment,
        firsts.increment_price as first_price,
        concat(firsts.band_id, '/', firsts.from_second, ':') as first_label,
        seconds.until_second as second_until,
        seconds.increment_seconds as second_increment,
        seconds.increment_price as second_price,
        concat(seconds.band_id, '/', seconds.from_second, ':') as second_label,
        versions.price_denominator,
        -- A third of the largest allowed sum for each: the connect fee and the two tiers.
        least(cast(1000000000000000000 as hugeint), cast(33000000000 as hugeint) * versions.price_denominator) as most
    from tiers as firsts
    inner join {{ ref('int_tariff_versions') }} as versions on firsts.version_id = versions.version_id
    left join tiers as seconds
        on
            firsts.version_id = seconds.version_id and firsts.day_type = seconds.day_type
            and firsts.starts_second = seconds.starts_second and firsts.band_id = seconds.band_id and seconds.tier = 2
    where firsts.tier = 1 and versions.price_denominator <= 1000000000000
),
bounded as (
    select
        pairs.*,
        case
            when pairs.connect_price > pairs.most then 0
            else least(
                2147483647 - pairs.first_increment - coalesce(pairs.second_increment, 0),
                ({{ int_div('pairs.most', 'greatest(pairs.first_price, 1)') }} - 1) * pairs.first_increment,
                coalesce(({{ int_div('pairs.most', 'greatest(pairs.second_price, 1)') }} - 1) * pairs.second_increment, 2147483647)
            )
        end as safe_seconds
    from pairs
)
select
    bounded.version_id,
    bounded.day_type,
    hours.start_hour,
    bounded.ends_second,
    bounded.band_id,
    cast(greatest(bounded.safe_seconds, 0) as integer) as safe_seconds,
    cast(least(bounded.connect_price, bounded.most) as bigint) as connect_price,
    {{ amount_of_units(int_div('bounded.connect_price', 'bounded.price_denominator'), '1', 18) }} as connect_fee,
    bounded.first_until,
    bounded.first_increment,
    cast(least(bounded.first_price, bounded.most) as bigint) as first_price,
    bounded.first_label,
    bounded.second_until,
    bounded.second_increment,
    cast(least(bounded.second_price, bounded.most) as bigint) as second_price,
    bounded.second_label
from bounded
inner join hours on bounded.starts_second <= hours.start_hour * 3600 and bounded.ends_second >= (hours.start_hour + 1) * 3600
