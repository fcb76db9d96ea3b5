-- One row per number range, with what a number must match before the join: its length.
select
    range_start,
    range_end,
    cast(length(range_start) as integer) as number_length,
    exchange_id,
    business_unit_id,
    sales_area_id,
    billing_area,
    usage_type,
    tariff_plan_id
from {{ ref('number_ranges') }}
