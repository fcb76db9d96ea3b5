-- reads: problem_bulletin
-- One row per problem that is not resolved: the gravest first, then those with most cases.
select
    problem_id,
    kind,
    severity,
    business_unit_id,
    outlet_id,
    subject,
    detail,
    "count" as cases,
    first_seen_on
from problem_bulletin
where resolved_on is null
order by
    case severity when 'critical' then 0 when 'error' then 1 when 'warn' then 2 when 'warning' then 2 else 3 end asc,
    "count" desc nulls last,
    problem_id asc
limit $at_most
