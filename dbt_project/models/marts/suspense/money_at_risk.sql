-- One row per (state, age_bucket, business_unit_id) with suspended calls: their estimated amounts, by age. Calls of numbers
-- that belong to no unit are in the row `unassigned`. A call with several waiting pieces counts once. Calls that would be
-- charged to nobody have no amount at risk.
with suspended as (
    select
        *,
        {{ waiting_bucket('age_days') }} as age_bucket
    from {{ ref('suspended_calls') }}
)
select
    state,
    age_bucket,
    {{ or_unassigned('business_unit_id') }} as business_unit_id,
    cast(sum(case when estimated_basis = 'with_first_piece' then 0 else 1 end) as bigint) as calls,
    cast(sum(duration_seconds) as bigint) as seconds,
    cast(sum(estimated_amount) as {{ call_money() }}) as estimated_amount,
    cast(sum(case when estimated_basis is null then 1 else 0 end) as bigint) as calls_without_estimate
from suspended
group by state, age_bucket, {{ or_unassigned('business_unit_id') }}
