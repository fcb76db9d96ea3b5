-- reads: bill_lines, bills
-- One row per bill item and kind of line of a period's bills, the largest amount first: how many bills have it, and its amount.
with period_bills as (
    select
        account_id,
        billing_period
    from bills
    where
        billing_period = $period
        and ($unit is null or coalesce(business_unit_id, 'unassigned') = $unit)
        and ($customer_class is null or coalesce(customer_class, 'unassigned') = $customer_class)
)

select
    bill_lines.bill_item_id,
    bill_lines.line_kind,
    cast(count(distinct bill_lines.account_id) as bigint) as bills,
    cast(sum(bill_lines.amount) as decimal(18, 2)) as amount
from bill_lines
inner join period_bills
    on bill_lines.account_id = period_bills.account_id and bill_lines.billing_period = period_bills.billing_period
group by bill_lines.bill_item_id, bill_lines.line_kind
order by amount desc, bill_lines.bill_item_id asc, bill_lines.line_kind asc
