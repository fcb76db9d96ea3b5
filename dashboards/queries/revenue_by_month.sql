-- reads: bill_lines, bills
-- One row per period between two and bill item: the amount of its bill lines.
select
    bill_lines.billing_period,
    bill_lines.bill_item_id,
    cast(sum(bill_lines.amount) as decimal(18, 2)) as amount
from bill_lines
inner join bills
    on bill_lines.account_id = bills.account_id and bill_lines.billing_period = bills.billing_period
where
    bill_lines.billing_period between $first_period and $last_period
    and ($unit is null or coalesce(bills.business_unit_id, 'unassigned') = $unit)
    and ($customer_class is null or coalesce(bills.customer_class, 'unassigned') = $customer_class)
group by bill_lines.billing_period, bill_lines.bill_item_id
order by bill_lines.billing_period, bill_lines.bill_item_id
