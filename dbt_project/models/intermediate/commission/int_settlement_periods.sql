-- One row per settlement period (SPEC 8), which is a billing period, with its cut-off: the last day of the month after it. It is
-- settled from its cut-off on, and its bills are issued, so that money counts, from the first day of the month after it on.
with periods as (
    select
        billing_period,
        starts_on,
        ends_on,
        {{ add_days('cast(' ~ add_months('ends_on', 1) ~ ' as date)', -1) }} as cut_off_on
    from {{ ref('int_billing_periods') }}
)
select
    billing_period as settlement_period,
    starts_on,
    ends_on,
    cut_off_on,
    ends_on <= {{ as_of_date() }} as is_issued,
    cut_off_on <= {{ as_of_date() }} as is_settled
from periods
