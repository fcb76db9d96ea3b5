{{ config(materialized='view') }}
-- One row per rated call.
select
    call_id,
    switch_id,
    exchange_id,
    trunk_group_in,
    trunk_group_out,
    calling_number,
    called_number,
    charged_number,
    started_at,
    call_date,
    duration_seconds,
    account_id,
    customer_id,
    customer_class,
    business_unit_id,
    agent_id,
    outlet_id,
    file_name,
    record_number,
    destination_prefix,
    zone_id,
    call_category,
    bill_item_id,
    tariff_plan_id,
    charged_seconds,
    amount,
    billing_period,
    joined_pieces,
    reason as joining_note
from {{ ref('int_calls_judged') }}
where state = 'rated'
