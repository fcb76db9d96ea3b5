-- reads: bills, commission_statements
-- One row per agent with a bill or a statement.
select agent_id
from bills
where agent_id is not null
union
select agent_id
from commission_statements
order by agent_id
