-- reads: collection_rates
-- One row per member of a dimension with bills of a period; its rows sum to the branch's. $agent null: every member; else that agent.
select
    billing_period,
    dimension,
    dimension_id,
    as_of,
    bills,
    receivable,
    received,
    written_off,
    collection_rate
from collection_rates
where billing_period = $period and dimension = $dimension and ($agent is null or dimension_id = $agent)
order by dimension_id
