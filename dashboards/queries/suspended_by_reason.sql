-- reads: suspended_calls
-- One row per state and reason of suspended calls, the most calls first. Reasons that differ only in a number, a date or an id are one; its
-- example is masked as numbers are.
with reasons as (
    select
        state,
        coalesce(reason, '') as reason,
        regexp_replace(coalesce(reason, ''), '[0-9][0-9-]*', '#', 'g') as reason_kind,
        regexp_replace(coalesce(reason, ''), '([0-9]{2})[0-9]{3,}([0-9]{2})', '\1***\2', 'g') as example,
        duration_seconds,
        estimated_amount,
        age_days
    from suspended_calls
)

select
    state,
    min(example) as example,
    cast(count(distinct reason) as bigint) as reasons,
    cast(count(*) as bigint) as calls,
    cast(sum(duration_seconds) as bigint) as seconds,
    cast(sum(estimated_amount) as decimal(18, 6)) as estimated_amount,
    cast(count(*) filter (where estimated_amount is null) as bigint) as calls_without_amount,
    cast(max(age_days) as bigint) as age_days
from reasons
group by state, reason_kind
order by calls desc, state asc, example asc
