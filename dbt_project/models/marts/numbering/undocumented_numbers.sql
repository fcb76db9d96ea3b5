-- One row per charged number without a holder at the time of its calls (calling_number is the charged number), with the
-- estimated amount of its calls, the outlet that can ask, and the accounts of neighbouring numbers.
with numbers as (
    select
        charged_number,
        cast(count(*) as bigint) as calls,
        cast(sum(duration_seconds) as bigint) as seconds,
        cast(sum(estimated_amount) as {{ call_money() }}) as estimated_amount,
        cast(sum(case when estimated_basis is null then 1 else 0 end) as bigint) as calls_without_estimate,
        min(started_at) as first_seen_at,
        max(started_at) as last_seen_at
    from {{ ref('suspended_calls') }}
    where state = 'undocumented' and charged_number is not null
    group by charged_number
),
area_outlets as (
    select
        sales_area_id,
        outlet_id,
        row_number() over (
            partition by sales_area_id order by case outlet_kind when 'own' then 0 else 1 end, outlet_id
        ) as choice
    from {{ ref('outlets') }}
    where sales_area_id is not null
)
select
    numbers.charged_number as calling_number,
    numbers.calls,
    numbers.seconds,
    numbers.estimated_amount,
    numbers.calls_without_estimate,
    numbers.first_seen_at,
    numbers.last_seen_at,
    placed.exchange_id,
    placed.business_unit_id,
    area_outlets.outlet_id,
    nearby.accounts_nearby
from numbers
left join {{ ref('int_suspended_numbers') }} as placed on numbers.charged_number = placed.charged_number
left join {{ ref('int_number_ranges') }} as ranges on placed.range_start = ranges.range_start
left join area_outlets on ranges.sales_area_id = area_outlets.sales_area_id and area_outlets.choice = 1
left join {{ ref('int_accounts_nearby') }} as nearby on numbers.charged_number = nearby.charged_number
