-- reads: collection_rates
-- One row per billing period with bills of an agent, the newest first.
select
    billing_period,
    bills,
    receivable,
    received,
    collection_rate
from collection_rates
where dimension = 'agent' and dimension_id = $agent
order by billing_period desc
