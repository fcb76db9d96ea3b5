-- reads: money_at_risk
-- One row per state and age of suspended calls: how many, and what those that can be estimated would come to.
select
    state,
    age_bucket,
    sum(calls) as calls,
    sum(seconds) as seconds,
    sum(estimated_amount) as estimated_amount,
    sum(calls_without_estimate) as calls_without_estimate
from money_at_risk
group by state, age_bucket
order by state asc, cast(split_part(replace(age_bucket, '+', '-'), '-', 1) as integer) asc
