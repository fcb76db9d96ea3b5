-- One row per interval in which an account holds a number of the newest service_numbers export dated up to the as-of date.
select
    service_number,
    account_id,
    exchange_id,
    tariff_plan_id,
    valid_from,
    valid_to,
    coalesce(channels, 1) as channels
from {{ source('raw', 'crm_service_numbers') }}
