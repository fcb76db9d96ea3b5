-- reads: problem_bulletin
-- One row per kind and severity of a business unit's problems that are not resolved, the gravest first.
select
    kind,
    severity,
    cast(count(*) as bigint) as problems,
    min(first_seen_on) as first_seen_on
from problem_bulletin
where resolved_on is null and coalesce(business_unit_id, 'unassigned') = $unit
group by kind, severity
order by
    case severity when 'critical' then 0 when 'error' then 1 when 'warn' then 2 when 'warning' then 2 else 3 end asc,
    problems desc,
    kind asc
