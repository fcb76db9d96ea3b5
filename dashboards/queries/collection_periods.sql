-- reads: collection_rates
-- One row per billing period with a receivable of the branch; for a viewer with a scope, of any unit, outlet or agent of it.
select distinct billing_period
from collection_rates
order by billing_period
