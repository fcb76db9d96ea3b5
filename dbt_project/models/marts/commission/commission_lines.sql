-- One row per (agent_id, settlement_period, line_kind): a line of an agent's statement, with its basis (SPEC 8).
-- basis_amount is the applied money, for a restatement the money that went back, or a count of numbers. rate is the percent,
-- or the bonus. A restatement has no rate, because each part is taken back at the percent at which it was paid. Lines with
-- amount zero are left out.
select
    agent_id,
    settlement_period,
    line_kind,
    cast(coalesce(basis_amount, numbers) as {{ money() }}) as basis_amount,
    rate,
    amount
from {{ ref('int_commission_lines') }}
where is_settled and reason is null
