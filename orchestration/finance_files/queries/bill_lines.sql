-- reads: bill_lines, bills
-- One row per line of the bills of a period. $agent null: every agent.
select
    bill_lines.billing_period,
    bill_lines.account_id,
    bill_lines.service_number,
    bill_lines.bill_item_id,
    bill_lines.line_kind,
    bill_lines.amount
from bill_lines
where
    bill_lines.billing_period = $period
    and (
        $agent is null
        or bill_lines.account_id in (
            select bills.account_id
            from bills
            where bills.billing_period = $period and bills.agent_id = $agent
        )
    )
order by
    bill_lines.account_id, bill_lines.service_number, bill_lines.bill_item_id, bill_lines.line_kind
