-- One row per customer of the newest customers export dated up to the as-of date.
select
    customer_id,
    name,
    customer_class,
    is_key_account,
    business_unit_id,
    outlet_id,
    agent_id,
    opened_on,
    closed_on
from {{ source('raw', 'crm_customers') }}
