-- reads: billing_periods, commission_statements
-- One row per agent with a statement of a settlement period, the largest commission first, with the state of the billing period.
select
    statements.agent_id,
    statements.settlement_period,
    periods.period_state,
    statements.lines,
    statements.amount
from commission_statements as statements
left join billing_periods as periods on statements.settlement_period = periods.billing_period
where statements.settlement_period = $period
order by statements.amount desc, statements.agent_id asc
