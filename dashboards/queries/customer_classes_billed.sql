-- reads: bills
-- One row per customer class that bills are of.
select distinct coalesce(customer_class, 'unassigned') as customer_class
from bills
order by customer_class
