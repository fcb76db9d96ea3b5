-- reads: commission_statements
-- One row: the newest settlement period that has a statement (null where none has).
select max(settlement_period) as settlement_period
from commission_statements
