-- reads: commission_bases
-- One row: what the lines of an agent's statement rest on, as the settlement has it: his bills of the period and what came in on them by
-- the cut-off, with the rate and the tier that this reaches; what came in late, and what went back.
select
    coalesce(max(receivable) filter (where line_kind = 'on_time'), 0) as receivable,
    coalesce(max(received) filter (where line_kind = 'on_time'), 0) as on_time_amount,
    max(tier_from_rate) filter (where line_kind = 'on_time') as tier_from_rate,
    cast(coalesce(sum(basis_amount) filter (where line_kind = 'late'), 0) as decimal(18, 2)) as late_amount,
    cast(coalesce(sum(basis_amount) filter (where line_kind = 'restatement'), 0) as decimal(18, 2)) as returned_amount
from commission_bases
where agent_id = $agent and settlement_period = $period
