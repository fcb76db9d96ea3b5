-- reads: bills
-- One row per business unit that bills are of.
select distinct business_unit_id
from bills
where business_unit_id is not null
order by business_unit_id
