-- One row per (version_id, band_id) of int_band_charges: the tariff of a call that begins in the band and stays in it, in
-- words. A tier is described from the second on which it really takes effect: an increment that began before it runs to its
-- end. A tier that lies within such an increment is left out.
with tiers as (
    select
        versions.version_id,
        tariff_rows.band_id,
        tariff_rows.from_second,
        tariff_rows.connect_fee,
        tariff_rows.rate,
        tariff_rows.rate_unit_seconds as unit,
        tariff_rows.increment_seconds as increment,
        coalesce(charges.charged_seconds, 0) as begins,
        lead(tariff_rows.from_second) over (
            partition by versions.version_id, tariff_rows.band_id order by tariff_rows.from_second
        ) as next_from_second,
        cast({{ millionths('tariff_rows.rate') }} as hugeint) * tariff_rows.increment_seconds as increment_price
    from {{ ref('int_tariff_rows') }} as tariff_rows
    inner join {{ ref('int_tariff_versions') }} as versions
        on
            tariff_rows.tariff_plan_id = versions.tariff_plan_id and tariff_rows.zone_id = versions.zone_id
            and tariff_rows.valid_from = versions.valid_from
    inner join (select distinct version_id, band_id from {{ ref('int_band_charges') }}) as charged_bands
        on versions.version_id = charged_bands.version_id and tariff_rows.band_id = charged_bands.band_id
    left join {{ ref('int_band_charges') }} as charges
        on
            versions.version_id = charges.version_id and tariff_rows.band_id = charges.band_id
            and tariff_rows.from_second = charges.duration_seconds
),
charged_tiers as (
    select
        tiers.*,
        lead(tiers.begins) over (partition by tiers.version_id, tiers.band_id order by tiers.from_second) - tiers.begins as span
    from tiers
    where tiers.next_from_second is null or tiers.begins < tiers.next_from_second
),
priced_tiers as (
    select
        *,
        -- A tier of one increment has one price, if that is a whole number of millionths.
        case
            when span = increment and increment_price % unit = 0
                then {{ amount_of_units(int_div('increment_price', 'unit'), '1', 18) }}
        end as price_of_all
    from charged_tiers
),
prices as (
    select
        *,
        case
            when rate = 0 then '免费'
            when price_of_all is not null then {{ money_text('price_of_all') }} || '元'
            else
                '每' || {{ unit_text_zh('unit') }} || {{ money_text('rate') }} || '元'
                || case when unit = increment then '' else '（按' || {{ unit_text_zh('increment') }} || '计费）' end
        end as price_zh,
        case
            when rate = 0 then 'free'
            when price_of_all is not null then {{ money_text('price_of_all') }}
            else
                {{ money_text('rate') }} || case when unit in (1, 60) then ' a ' else ' per ' end || {{ time_text_en('unit') }}
                || case
                    when unit = increment then ''
                    when increment in (1, 60) then ' (charged by the ' || {{ time_text_en('increment') }} || ')'
                    else ' (charged by ' || {{ time_text_en('increment') }} || ')'
                end
        end as price_en
    from priced_tiers
),
phrases as (
    select
        version_id,
        band_id,
        from_second,
        connect_fee,
        rate,
        case
            when span is null and begins = 0 then ''
            when span is null then '之后'
            when begins = 0 then '前' || {{ time_text_zh('span') }}
            else '其后' || {{ time_text_zh('span') }}
        end || price_zh as phrase_zh,
        case when begins = 0 then '' else 'then ' end || price_en
        || case
            when span is null then ''
            when begins = 0 then ' for the first ' || {{ time_text_en('span') }}
            else ' for the next ' || {{ time_text_en('span') }}
        end as phrase_en
    from prices
),
sentences as (
    select
        version_id,
        band_id,
        max(case when from_second = 0 then connect_fee end) as connect_fee,
        max(rate) = 0 as is_free,
        {{ joined_text('phrase_zh', '，', 'from_second') }} as tiers_zh,
        {{ joined_text('phrase_en', ', ', 'from_second') }} as tiers_en
    from phrases
    group by version_id, band_id
)
select
    version_id,
    band_id,
    connect_fee,
    case
        when connect_fee = 0 and is_free then '免费'
        when connect_fee = 0 then tiers_zh
        when is_free then '每次' || {{ money_text('connect_fee') }} || '元'
        else '接通费' || {{ money_text('connect_fee') }} || '元；' || tiers_zh
    end as sentence_zh,
    case
        when connect_fee = 0 and is_free then 'free'
        when connect_fee = 0 then tiers_en
        when is_free then {{ money_text('connect_fee') }} || ' a call'
        else {{ money_text('connect_fee') }} || ' to connect; ' || tiers_en
    end as sentence_en
from sentences
