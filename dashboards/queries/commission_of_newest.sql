-- reads: commission_statements
-- At most one row: the newest settlement period, its statements, and their amount.
select
    settlement_period,
    cast(count(*) as bigint) as statements,
    cast(sum(amount) as decimal(18, 2)) as amount
from commission_statements
where settlement_period = (select max(newest.settlement_period) from commission_statements as newest)
group by settlement_period
