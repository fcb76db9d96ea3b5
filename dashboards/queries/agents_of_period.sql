-- reads: bills, commission_statements, payment_applications
-- One row per agent with a bill or a statement of a period, the largest receivable first: what its bills come to, what was received
-- on them by the as-of date, and its commission. Bills that are not issued yet are not counted.
with received as (
    select
        account_id,
        sum(amount) as amount
    from payment_applications
    where billing_period = $period
    group by account_id
),

billed as (
    select
        bills.agent_id,
        cast(count(*) as bigint) as bills,
        cast(sum(bills.amount) as decimal(18, 2)) as receivable,
        cast(coalesce(sum(received.amount), 0) as decimal(18, 2)) as received
    from bills
    left join received on bills.account_id = received.account_id
    where bills.billing_period = $period and not bills.is_provisional and bills.agent_id is not null
    group by bills.agent_id
),

settled as (
    select
        agent_id,
        amount
    from commission_statements
    where settlement_period = $period
)

select
    coalesce(billed.agent_id, settled.agent_id) as agent_id,
    coalesce(billed.bills, 0) as bills,
    coalesce(billed.receivable, 0) as receivable,
    coalesce(billed.received, 0) as received,
    settled.amount as commission
from billed
full outer join settled on billed.agent_id = settled.agent_id
order by receivable desc, agent_id asc
