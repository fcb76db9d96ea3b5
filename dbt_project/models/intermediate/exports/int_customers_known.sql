-- One row per customer in any loaded export, as the newest export with the customer has it (SPEC 3.3).
with ranked as (
    select
        customer_id,
        name,
        customer_class,
        is_key_account,
        business_unit_id,
        outlet_id,
        agent_id,
        row_number() over (partition by customer_id order by seen_from desc) as recency
    from {{ source('raw', 'crm_customers_history') }}
)
select
    customer_id,
    name,
    customer_class,
    is_key_account,
    business_unit_id,
    outlet_id,
    agent_id
from ranked
where recency = 1
