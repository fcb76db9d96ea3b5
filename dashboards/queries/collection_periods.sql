-- reads: collection_rates
-- One row per billing period that the branch has a receivable line for.
select distinct billing_period
from collection_rates
where dimension = 'branch'
order by billing_period
