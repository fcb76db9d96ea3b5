-- reads: settlements
-- The state of the settlement of a period; no row before its month has ended.
select state
from settlements
where settlement_period = $period
