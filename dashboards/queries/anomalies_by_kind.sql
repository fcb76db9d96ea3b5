-- reads: call_anomalies, duplicate_calls, overlapping_calls
-- One row per kind of duplicate, anomaly and overlap of the calls of some days: how many cases, on how many days.
with cases as (
    select
        'duplicate_calls' as kind,
        call_date
    from duplicate_calls
    union all
    select
        'overlapping_calls' as kind,
        call_date
    from overlapping_calls
    union all
    select
        kind,
        call_date
    from call_anomalies
)

select
    kind,
    cast(count(*) as bigint) as cases,
    cast(count(distinct call_date) as bigint) as days,
    max(call_date) as last_day
from cases
where call_date between cast($first_day as date) and cast($last_day as date)
group by kind
order by cases desc, kind asc
