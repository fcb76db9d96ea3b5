-- reads: undocumented_numbers
-- One row per exchange, unit and outlet of the numbers that nobody holds, those with most numbers first.
select
    exchange_id,
    business_unit_id,
    outlet_id,
    cast(count(*) as bigint) as numbers,
    cast(sum(calls) as bigint) as calls,
    cast(sum(seconds) as bigint) as seconds,
    cast(sum(estimated_amount) as decimal(18, 6)) as estimated_amount,
    cast(sum(calls_without_estimate) as bigint) as calls_without_estimate
from undocumented_numbers
group by exchange_id, business_unit_id, outlet_id
order by numbers desc, exchange_id asc nulls last, business_unit_id asc nulls last, outlet_id asc nulls last
