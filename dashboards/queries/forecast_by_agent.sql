-- reads: commission_forecast
-- One row per settlement that is not done yet and agent, the oldest settlement and the largest commission first: the collection rate
-- so far with the tier that it reaches, what is missing until the next tier, and the commission as it stands.
with rates as (
    select
        agent_id,
        settlement_period,
        receivable,
        received,
        collection_rate,
        tier_from_rate,
        next_tier_from_rate,
        missing_amount
    from commission_forecast
    where line_kind = 'on_time'
),

amounts as (
    select
        agent_id,
        settlement_period,
        cut_off_on,
        cast(sum(amount) as decimal(18, 2)) as amount
    from commission_forecast
    group by agent_id, settlement_period, cut_off_on
)

select
    amounts.settlement_period,
    amounts.agent_id,
    amounts.cut_off_on,
    rates.receivable,
    rates.received,
    rates.collection_rate,
    rates.tier_from_rate,
    rates.next_tier_from_rate,
    rates.missing_amount,
    amounts.amount
from amounts
inner join rates on amounts.agent_id = rates.agent_id and amounts.settlement_period = rates.settlement_period
order by amounts.settlement_period asc, amounts.amount desc, amounts.agent_id asc
