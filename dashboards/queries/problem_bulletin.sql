-- reads: problem_bulletin
-- One row per problem: the open ones first, the gravest first, then those with most cases.
select
    problem_id,
    kind,
    severity,
    business_unit_id,
    outlet_id,
    subject,
    detail,
    "count",
    first_seen_on,
    found_on,
    resolved_on
from problem_bulletin
where
    ($unit is null or coalesce(business_unit_id, 'unassigned') = $unit)
    and ($outlet is null or coalesce(outlet_id, 'unassigned') = $outlet)
    and ($kind is null or kind = $kind)
    and ($severity is null or severity = $severity)
order by
    resolved_on is not null asc,
    case severity when 'critical' then 0 when 'error' then 1 when 'warn' then 2 when 'warning' then 2 else 3 end asc,
    "count" desc nulls last,
    problem_id asc
