-- One row per (file_date, state, billing_period, call_month): the records of the loaded files in each state, with the sums
-- of the rated ones. billing_period is null unless they are rated.
select
    files.file_date,
    states.state,
    states.billing_period,
    {{ period_of('states.call_date') }} as call_month,
    cast(sum(states.records) as bigint) as records,
    cast(sum(states.seconds) as bigint) as seconds,
    cast(sum(states.list_amount) as {{ money_sum() }}) as list_amount,
    cast(sum(coalesce(states.covered_amount, 0)) as {{ money_sum() }}) as covered_amount,
    cast(sum(states.amount) as {{ money_sum() }}) as amount
from {{ ref('int_call_states_daily') }} as states
inner join {{ ref('int_balance_files') }} as files on states.file_id = files.file_id
where files.is_loaded
group by files.file_date, states.state, states.billing_period, {{ period_of('states.call_date') }}
