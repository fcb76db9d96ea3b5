-- One row per (agent_id, settlement_period, paid_period, is_on_time): money of earlier periods' bills that went back in the
-- month after the settlement period and had been applied before that month. Rows are grouped by the settlement that paid
-- commission for the money (SPEC 8). is_on_time says at which percent it was paid: that of the bill's own settlement, else
-- the late percent.
select
    bills.agent_id,
    periods.settlement_period,
    paid.settlement_period as paid_period,
    paid.settlement_period = returned.billing_period as is_on_time,
    cast(sum(returned.amount) as {{ money() }}) as amount
from {{ ref('int_money_returned') }} as returned
inner join {{ ref('bills') }} as bills
    on
        returned.account_id = bills.account_id
        and returned.billing_period = bills.billing_period
        and bills.agent_id is not null
inner join {{ ref('int_settlement_periods') }} as periods
    on
        returned.billing_period < periods.settlement_period
        and returned.returned_on between periods.ends_on and periods.cut_off_on
        and returned.applied_on < periods.ends_on
-- Commission is paid in the settlement of the month before the application: on time where that is the bill's own period.
inner join {{ ref('int_settlement_periods') }} as paid on returned.applied_on between paid.ends_on and paid.cut_off_on
group by bills.agent_id, periods.settlement_period, paid.settlement_period, paid.settlement_period = returned.billing_period
