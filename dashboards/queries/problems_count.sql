-- reads: problem_bulletin
-- One row: problems that are not resolved, and how many of them are grave.
select
    cast(count(*) as bigint) as problems,
    cast(count(*) filter (where severity in ('critical', 'error')) as bigint) as grave
from problem_bulletin
where resolved_on is null
