-- One row per settlement period whose cut-off, the last day of the month after it, is on or before the as-of date (SPEC 8).
select
    billing_period as settlement_period,
    starts_on,
    ends_on,
    cast(ends_on + to_months(1) - to_days(1) as date) as cut_off_on
from {{ ref('int_billing_periods') }}
where cast(ends_on + to_months(1) - to_days(1) as date) <= {{ as_of_date() }}
