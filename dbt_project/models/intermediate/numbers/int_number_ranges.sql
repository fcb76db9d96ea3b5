-- One row per number range. Its numbers are normalised like those of calls, and have the length that a number must have to
-- match.
with ranges as (
    select
        *,
        {{ normalised_number('range_start') }} as first_number,
        {{ normalised_number('range_end') }} as last_number
    from {{ ref('number_ranges') }}
)
select
    first_number as range_start,
    last_number as range_end,
    cast(length(first_number) as integer) as number_length,
    exchange_id,
    business_unit_id,
    sales_area_id,
    billing_area,
    usage_type,
    tariff_plan_id
from ranges
