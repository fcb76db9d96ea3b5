-- reads: tariff_guide
-- One row per tariff plan, customer class, zone and time band with a valid rate on the as-of date.
select
    tariff_plan_id,
    customer_class,
    zone_id,
    band,
    band_hours,
    amount_1_minute,
    amount_3_minutes,
    amount_10_minutes,
    connect_fee,
    max_amount,
    rate_valid_from,
    sentence_zh,
    sentence_en
from tariff_guide
where
    ($plan is null or tariff_plan_id = $plan)
    and ($class is null or customer_class = $class)
    and ($zone is null or zone_id = $zone)
order by tariff_plan_id asc, customer_class asc nulls last, zone_id asc, band asc
