-- reads: commission_statements
-- One row per settlement period that has a statement, the newest first.
select distinct settlement_period
from commission_statements
order by settlement_period desc
