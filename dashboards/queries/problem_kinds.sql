-- reads: problem_bulletin
-- One row per kind and severity of the problems that the edition has.
select
    kind,
    severity
from problem_bulletin
group by kind, severity
order by kind asc, severity asc
