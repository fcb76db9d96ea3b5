-- One row per billing period, from the first to the month of the as-of date (SPEC 6): a calendar month, [starts_on, ends_on).
with months as (
    select
        facts.as_of,
        cast(facts.first_billing_period || '-01' as date) as first_day,
        cast(offsets.month_offset as integer) as month_offset
    from {{ source('raw', 'run_facts') }} as facts
    cross join {{ ref('int_month_offsets') }} as offsets
    where facts.first_billing_period is not null
),
periods as (
    select
        as_of,
        cast({{ add_months('first_day', 'month_offset') }} as date) as starts_on
    from months
)
select
    {{ period_of('periods.starts_on') }} as billing_period,
    periods.starts_on,
    {{ next_month_start('periods.starts_on') }} as ends_on,
    {{ days_between('periods.starts_on', next_month_start('periods.starts_on')) }} as days_in_period,
    {{ next_month_start('periods.starts_on') }} as issued_on,
    {{ add_days(next_month_start('periods.starts_on'), 24) }} as due_on,
    {{ next_month_start('periods.starts_on') }} > periods.as_of as is_provisional,
    closed.billing_period is not null as is_closed
from periods
left join {{ source('closed', 'periods') }} as closed on {{ period_of('periods.starts_on') }} = closed.billing_period
where periods.starts_on <= periods.as_of
