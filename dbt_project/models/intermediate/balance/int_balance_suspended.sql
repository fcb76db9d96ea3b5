-- One row per (file_date, state, business_unit_id, age_bucket) with suspended records: their number, seconds and estimated
-- amount. Calls of numbers that belong to no unit are in the row `unassigned`.
select
    files.file_date,
    calls.state,
    {{ or_unassigned('estimates.business_unit_id') }} as business_unit_id,
    {{ waiting_bucket(days_between('calls.call_date', as_of_date())) }} as age_bucket,
    cast(count(*) as bigint) as records,
    cast(sum(calls.duration_seconds) as bigint) as seconds,
    cast(sum(estimates.estimated_amount) as {{ money_sum() }}) as estimated_amount,
    cast(sum(case when estimates.estimated_basis is null then 1 else 0 end) as bigint) as calls_without_estimate
from {{ ref('int_calls_suspended') }} as calls
inner join {{ ref('int_suspended_estimates') }} as estimates on calls.call_id = estimates.call_id
inner join {{ ref('int_balance_files') }} as files on calls.file_id = files.file_id
group by
    files.file_date, calls.state, {{ or_unassigned('estimates.business_unit_id') }},
    {{ waiting_bucket(days_between('calls.call_date', as_of_date())) }}
