-- reads: money_at_risk
-- One row per state, age and business unit of suspended calls: how many, and what those that can be estimated would come to.
select
    state,
    age_bucket,
    business_unit_id,
    calls,
    seconds,
    estimated_amount,
    calls_without_estimate
from money_at_risk
order by
    state asc,
    cast(split_part(replace(age_bucket, '+', '-'), '-', 1) as integer) asc,
    business_unit_id asc nulls last
