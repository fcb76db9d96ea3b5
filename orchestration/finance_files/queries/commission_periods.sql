-- reads: commission_statements
-- One row per settlement period with a statement.
select distinct settlement_period as billing_period
from commission_statements
order by settlement_period
