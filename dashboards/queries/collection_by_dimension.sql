-- reads: collection_rates
-- One row per member of a dimension in one period, the largest receivable first.
select
    dimension_id,
    bills,
    receivable,
    received,
    collection_rate
from collection_rates
where dimension = $dimension and billing_period = $period
order by receivable desc, dimension_id asc
