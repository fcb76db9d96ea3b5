-- One row per order of a number of the newest number_orders export dated up to the as-of date.
select
    order_id,
    service_number,
    outlet_id,
    ordered_at,
    status
from {{ source('raw', 'crm_number_orders') }}
