-- One row per charged number that nobody holds at the time of its calls (calling_number is the charged number), with what
-- its calls would come to at the plan of its range.
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
    placed.business_unit_id
from numbers
left join {{ ref('int_suspended_numbers') }} as placed on numbers.charged_number = placed.charged_number
