-- One row per (billing_period, reopening_number): a reopening of a closed period.
select
    billing_period,
    reopening_number,
    reopened_at,
    reopened_by,
    why
from {{ source('raw', 'period_reopenings') }}
