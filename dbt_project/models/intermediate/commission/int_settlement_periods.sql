-- One row per settlement period whose cut-off (the last day of the month after it) is on or before the as-of date (SPEC 8).
select
    billing_period as settlement_period,
    starts_on,
    ends_on,
    {{ add_days('cast(' ~ add_months('ends_on', 1) ~ ' as date)', -1) }} as cut_off_on
from {{ ref('int_billing_periods') }}
where {{ add_days('cast(' ~ add_months('ends_on', 1) ~ ' as date)', -1) }} <= {{ as_of_date() }}
