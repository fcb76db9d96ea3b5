-- One row per service number with an order: the outlet of its newest order.
with ranked as (
    select
        service_number,
        outlet_id,
        row_number() over (partition by service_number order by ordered_at desc, order_id desc) as order_rank
    from {{ ref('stg_crm__number_orders') }}
)
select service_number, outlet_id from ranked where order_rank = 1
