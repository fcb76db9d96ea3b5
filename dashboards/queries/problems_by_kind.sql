-- reads: problem_bulletin
-- One row per kind and unit of the problems that are not resolved.
select
    kind,
    business_unit_id,
    count(*) as problems
from problem_bulletin
where resolved_on is null
group by kind, business_unit_id
order by kind, business_unit_id nulls last
