-- reads: problem_bulletin
-- One row per open problem that an outlet can do something about: the gravest first, then those with most cases.
select
    problem_id,
    kind,
    severity,
    outlet_id,
    subject,
    detail,
    "count",
    first_seen_on
from problem_bulletin
where
    resolved_on is null
    and outlet_id is not null
    and ($outlet is null or outlet_id = $outlet)
order by
    case severity when 'critical' then 0 when 'error' then 1 when 'warn' then 2 when 'warning' then 2 else 3 end asc,
    "count" desc nulls last,
    problem_id asc
