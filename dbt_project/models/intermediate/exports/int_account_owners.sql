-- One row per (account_id, valid_from): the owner of the account in [valid_from, valid_to), with his class, unit, agent and
-- outlet then. For each day the newest export dated on or before it that holds the account or customer counts, else the
-- oldest (SPEC 3.3).
with account_forms as (
    select
        account_id,
        customer_id,
        seen_from,
        row_number() over (partition by account_id order by seen_from) as place,
        lag(customer_id) over (partition by account_id order by seen_from) as customer_before
    from {{ source('raw', 'crm_accounts_history') }}
),
-- A new interval begins only where the owner changes, not where for example the bank account changes, or an old form returns.
account_changes as (
    select
        account_id,
        customer_id,
        case when place = 1 then {{ beginning_of_time() }} else seen_from end as valid_from
    from account_forms
    where place = 1 or customer_id is distinct from customer_before
),
held as (
    select
        account_id,
        customer_id,
        valid_from,
        lead(valid_from, 1, {{ end_of_time() }}) over (partition by account_id order by valid_from) as valid_to
    from account_changes
),
customer_forms as (
    select
        customer_id,
        customer_class,
        business_unit_id,
        agent_id,
        outlet_id,
        seen_from,
        row_number() over (partition by customer_id order by seen_from) as place,
        lag(customer_class) over (partition by customer_id order by seen_from) as customer_class_before,
        lag(business_unit_id) over (partition by customer_id order by seen_from) as business_unit_id_before,
        lag(agent_id) over (partition by customer_id order by seen_from) as agent_id_before,
        lag(outlet_id) over (partition by customer_id order by seen_from) as outlet_id_before
    from {{ source('raw', 'crm_customers_history') }}
),
customer_changes as (
    select
        customer_id,
        customer_class,
        business_unit_id,
        agent_id,
        outlet_id,
        case when place = 1 then {{ beginning_of_time() }} else seen_from end as valid_from
    from customer_forms
    where
        place = 1
        or customer_class is distinct from customer_class_before
        or business_unit_id is distinct from business_unit_id_before
        or agent_id is distinct from agent_id_before
        or outlet_id is distinct from outlet_id_before
),
customers as (
    select
        *,
        lead(valid_from, 1, {{ end_of_time() }}) over (partition by customer_id order by valid_from) as valid_to
    from customer_changes
)
select
    held.account_id,
    greatest(held.valid_from, coalesce(customers.valid_from, held.valid_from)) as valid_from,
    least(held.valid_to, coalesce(customers.valid_to, held.valid_to)) as valid_to,
    held.customer_id,
    customers.customer_id is not null as is_customer_known,
    customers.customer_class,
    customers.business_unit_id,
    customers.agent_id,
    customers.outlet_id
from held
left join customers
    on
        held.customer_id = customers.customer_id
        and customers.valid_from < held.valid_to
        and held.valid_from < customers.valid_to
