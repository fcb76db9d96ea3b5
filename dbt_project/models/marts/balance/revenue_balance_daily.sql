-- One row per (file_date, step, item): the records and seconds of the call files dated on a day, from what was read (`read`)
-- through their states (`state`) to what the rated ones cost (`charge`).
with files as (
    select * from {{ ref('int_balance_files') }}
),
counted as (
    select
        file_date,
        'read' as step,
        'read' as item,
        sum(read_records) as records,
        sum(read_seconds) as seconds
    from files
    group by file_date
    union all
    {% for state in ['malformed', 'ignored'] -%}
    select file_date, 'state' as step, '{{ state }}' as item, sum({{ state }}) as records, 0 as seconds
    from files
    where {{ state }} > 0
    group by file_date
    union all
    {% endfor -%}
    select file_date, 'state' as step, 'held' as item, sum(held) as records, sum(read_seconds) as seconds
    from files
    where not is_loaded and held > 0
    group by file_date
    union all
    select file_date, 'state' as step, 'restated' as item, 0 as records, sum(restated_seconds) as seconds
    from files
    where restated_seconds <> 0
    group by file_date
),
states as (
    select
        file_date,
        state,
        sum(records) as records,
        sum(seconds) as seconds,
        sum(list_amount) as list_amount,
        sum(covered_amount) as covered_amount,
        sum(amount) as amount
    from {{ ref('int_balance_states') }}
    group by file_date, state
),
suspended as (
    select
        file_date,
        state,
        sum(estimated_amount) as estimated_amount,
        sum(calls_without_estimate) as calls_without_estimate
    from {{ ref('int_balance_suspended') }}
    group by file_date, state
),
rows_of_steps as (
    select
        file_date, step, item, records, seconds,
        cast(null as {{ money_sum() }}) as amount, cast(null as {{ money_sum() }}) as estimated_amount, 0 as calls_without_estimate
    from counted
    union all
    select
        states.file_date,
        'state' as step,
        states.state as item,
        states.records,
        states.seconds,
        states.amount,
        suspended.estimated_amount,
        coalesce(suspended.calls_without_estimate, 0) as calls_without_estimate
    from states
    left join suspended on states.file_date = suspended.file_date and states.state = suspended.state
    union all
    select file_date, 'charge' as step, 'list_price' as item, records, seconds, list_amount as amount, null, 0
    from states
    where state = 'rated'
    union all
    select file_date, 'charge' as step, 'packages' as item, 0, 0, -covered_amount as amount, null, 0
    from states
    where state = 'rated' and covered_amount <> 0
    union all
    select file_date, 'charge' as step, 'price_caps' as item, 0, 0, amount - list_amount + covered_amount as amount, null, 0
    from states
    where state = 'rated' and amount <> list_amount - covered_amount
)
select
    file_date,
    step,
    item,
    cast(records as bigint) as records,
    cast(seconds as bigint) as seconds,
    cast(amount as {{ money_sum() }}) as amount,
    cast(estimated_amount as {{ money_sum() }}) as estimated_amount,
    cast(calls_without_estimate as bigint) as calls_without_estimate
from rows_of_steps
