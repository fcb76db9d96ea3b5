"""Release gates of the receivables: whom the branch duns, what lies on no bill, how money comes in and how it rolls from month to month."""

from __future__ import annotations

from expectations.gates import Suite, no_rows

#: The unpaid part of each issued bill that was due before the as-of date.
_UNPAID = (
    "settled as (select account_id, billing_period, amount from marts.payment_applications"
    " union all select account_id, billing_period, amount from marts.bill_write_offs),"
    " applied as (select account_id, billing_period, sum(amount) as received from settled group by all),"
    " unpaid as (select bills.account_id, bills.billing_period, bills.amount - coalesce(applied.received, 0) as amount"
    " from marts.bills as bills left join applied using (account_id, billing_period)"
    " where not bills.is_provisional and bills.due_on < (select as_of from raw.run_facts)"
    " and bills.amount > coalesce(applied.received, 0))"
)

#: By account everything that is known to have been paid or asked of a bank, and pays no bill.
_KNOWN_MONEY = (
    "sources as (select settling_account_id as account_id, prepaid_amount as amount from marts.prepaid_balances"
    " union all select requests.account_id, requests.amount from marts.debit_requests as requests"
    " inner join intermediate.int_debits_requested as lines using (bank_code, batch_id, line)"
    " where requests.result = 'unanswered' and lines.asked_again_on is null"
    " union all select account_id, greatest(sum(amount), 0) from intermediate.int_payments"
    " where account_id not in (select account_id from intermediate.int_accounts_known) group by account_id"
    " union all select account_id, greatest(sum(amount), 0) from intermediate.int_payments_known where vanished_on is null"
    " and cast(paid_at as date) > (select as_of from raw.run_facts) group by account_id),"
    " payers as (select account_id, payer_group from intermediate.int_payer_groups),"
    " of_payers as (select sources.account_id, payers.payer_group from sources inner join payers using (account_id)"
    " union select sources.account_id, payers.payer_group from sources inner join payers"
    " on ltrim(sources.account_id, '0') = ltrim(payers.account_id, '0')"
    " where sources.account_id not in (select account_id from intermediate.int_accounts_known)),"
    " known as (select payer_group, sum(amount) as amount from sources inner join of_payers using (account_id)"
    " group by payer_group)"
)


def receivables_suites() -> tuple[Suite, ...]:
    """The suites on dunning_list, prepaid_balances, collection_curves, receivables_kpis and roll_rates."""
    return (_dunning_list(), _prepaid_balances(), _collection_curves(), _receivables_kpis(), _roll_rates())


def _dunning_list() -> Suite:
    return Suite(
        "dunning_list",
        "release",
        "marts.dunning_list",
        (
            no_rows(
                "every_unpaid_bill_past_due_is_listed",
                "Every issued bill with an unpaid part that was due before the as-of date is listed with that part, and no other bill.",
                f"with {_UNPAID} select account_id, billing_period, ours.amount, unpaid.amount as expected_amount"
                " from {batch} as ours full join unpaid using (account_id, billing_period)"
                " where ours.amount is distinct from unpaid.amount",
                severity="critical",
            ),
            no_rows(
                "bills_sum_to_the_arrears",
                "The unpaid bills of a settling account sum to its arrears, and it is on the dunning list where one of them is dunned.",
                "with ours as (select settling_account_id, sum(amount) as amount, max(dunned_amount) > 0 as on_dunning_list"
                " from {batch} group by settling_account_id)"
                " select settling_account_id, ours.amount, arrears.amount as expected_amount"
                " from ours full join marts.arrears as arrears using (settling_account_id)"
                " where ours.amount is distinct from arrears.amount"
                " or ours.on_dunning_list is distinct from arrears.on_dunning_list",
                severity="critical",
            ),
            no_rows(
                "nobody_is_dunned_whose_known_money_covers_it",
                "Nobody is dunned for what known money of his covers: prepaid on any of his accounts, paid on an unknown account or dated"
                " later, or asked of a bank that has not answered.",
                f"with {_KNOWN_MONEY}, ours as (select payers.payer_group, sum(bills.amount) as amount,"
                " sum(bills.dunned_amount) as dunned_amount from {batch} as bills inner join payers using (account_id)"
                " group by payers.payer_group)"
                " select payer_group, ours.amount, ours.dunned_amount, known.amount as known_amount"
                " from ours left join known using (payer_group)"
                " where ours.dunned_amount > greatest(ours.amount - coalesce(known.amount, 0), 0)",
                severity="critical",
            ),
            no_rows(
                "accounts_of_a_merge_are_of_one_payer",
                "Accounts that a merge joins, and accounts of one customer that settle for themselves, are of one payer: the money of one"
                " counts for the bills of the other.",
                "with payers as (select * from {batch})"
                " select merges.from_account_id as account_id, merges.into_account_id as other_account_id"
                " from intermediate.int_account_merges_known as merges"
                " left join payers as one on merges.from_account_id = one.account_id"
                " left join payers as other on merges.into_account_id = other.account_id"
                " where one.payer_group is distinct from other.payer_group or one.payer_group is null"
                " union all"
                " select min(payers.account_id), max(payers.account_id) from payers"
                " inner join intermediate.int_accounts_known as accounts using (account_id)"
                " where payers.account_id = payers.settling_account_id and accounts.customer_id <> ''"
                " group by accounts.customer_id having count(distinct payers.payer_group) > 1",
                severity="critical",
                table="intermediate.int_payer_groups",
            ),
        ),
    )


def _prepaid_balances() -> Suite:
    return Suite(
        "prepaid_balances",
        "release",
        "marts.prepaid_balances",
        (
            no_rows(
                "balances_sum_to_the_money_on_no_bill",
                "The prepaid and the overdrawn amounts of all accounts are those of the revenue balance.",
                "with ours as (select 'prepaid' as item, sum(prepaid_amount) as amount from {batch}"
                " union all select 'overdrawn', -sum(overdrawn_amount) from {batch}),"
                " theirs as (select item, sum(amount) as amount from marts.revenue_balance_monthly"
                " where step = 'left' and item in ('prepaid', 'overdrawn') group by item)"
                " select item, ours.amount, theirs.amount as expected_amount from ours full join theirs using (item)"
                " where coalesce(ours.amount, 0) <> coalesce(theirs.amount, 0)",
                severity="critical",
            ),
        ),
    )


def _collection_curves() -> Suite:
    return Suite(
        "collection_curves",
        "release",
        "marts.collection_curves",
        (
            no_rows(
                "curves_end_at_the_collection_rates",
                "The last day of every collection curve has the receivable and the received amount of the collection rates.",
                "with ours as (select dimension, dimension_id, billing_period, receivable, received from {batch}"
                " qualify row_number() over (partition by dimension, dimension_id, billing_period"
                " order by days_since_issue desc) = 1)"
                " select dimension, dimension_id, billing_period, ours.receivable, ours.received,"
                " rates.receivable as expected_receivable, rates.received as expected_received"
                " from ours full join marts.collection_rates as rates using (dimension, dimension_id, billing_period)"
                " where ours.receivable is distinct from rates.receivable or ours.received is distinct from rates.received",
                severity="critical",
            ),
        ),
    )


def _receivables_kpis() -> Suite:
    amounts = ("opening_receivable", "billed", "received", "written_off", "closing_receivable", "closing_not_due")
    sums = ", ".join(f"sum({amount}) as {amount}" for amount in amounts)
    differs = " or ".join(f"ours.{amount} is distinct from branch.{amount}" for amount in amounts)
    return Suite(
        "receivables_kpis",
        "release",
        "marts.receivables_kpis",
        (
            no_rows(
                "months_roll_forward_to_the_cent",
                "In every month what was open at its start, and was billed in it, less what was received and written off is what is open"
                " at its end; and that is what is open at the start of the next month.",
                "with ours as (select month, dimension, dimension_id, opening_receivable, billed, received, written_off,"
                " closing_receivable,"
                " lag(closing_receivable, 1, 0) over (partition by dimension, dimension_id order by month) as closing_before"
                " from {batch}) select * from ours where opening_receivable + billed - received - written_off"
                " <> closing_receivable"
                " or opening_receivable <> closing_before",
                severity="critical",
            ),
            no_rows(
                "months_sum_to_bills_payments_and_what_is_open",
                "All bills issued and all payments applied are in the months of the branch, and the newest month ends with what is open of"
                " the bills, past due and not due.",
                "with ours as (select sum(billed) as billed, sum(received) as received,"
                " sum(billed - received - written_off) as open_amount,"
                " max_by(closing_receivable, month) as closing_receivable, max_by(closing_not_due, month) as closing_not_due"
                " from {batch} where dimension = 'branch'),"
                " theirs as (select (select coalesce(sum(amount), 0) from marts.bills where not is_provisional) as billed,"
                " (select coalesce(sum(amount), 0) from marts.payment_applications) as received,"
                " (select coalesce(sum(amount), 0) from marts.revenue_balance_monthly where step = 'open' and item = 'unpaid')"
                " as closing_receivable, (select coalesce(sum(amount), 0) from marts.revenue_balance_monthly"
                " where step = 'open' and item = 'unpaid' and age_bucket = 'not_due') as closing_not_due)"
                " select ours.*, theirs.billed as expected_billed, theirs.received as expected_received,"
                " theirs.closing_receivable as expected_closing, theirs.closing_not_due as expected_not_due"
                " from ours cross join theirs where coalesce(ours.billed, 0) <> theirs.billed"
                " or coalesce(ours.received, 0) <> theirs.received or coalesce(open_amount, 0) <> theirs.closing_receivable"
                " or (ours.closing_receivable is not null and (ours.closing_receivable <> theirs.closing_receivable"
                " or ours.closing_not_due <> theirs.closing_not_due))",
                severity="critical",
            ),
            no_rows(
                "rows_of_every_dimension_sum_to_the_branch",
                "The rows of the units, agents, outlets and classes, each with the row for `unassigned`, sum to the branch's row.",
                "with ours as (select month, dimension, " + sums + " from {batch} group by month, dimension)"
                " select ours.* from ours inner join {batch} as branch on ours.month = branch.month"
                f" and branch.dimension = 'branch' where {differs}",
                severity="critical",
            ),
        ),
    )


def _roll_rates() -> Suite:
    return Suite(
        "roll_rates",
        "release",
        "marts.roll_rates",
        (
            no_rows(
                "money_of_a_bucket_is_paid_or_rolled",
                "What was open in a bucket is paid, written off or still open at the end of the month, and the buckets of what is open"
                " sum to it.",
                "select * from {batch} where from_amount <> paid_amount + written_off_amount + rolled_amount"
                " or rolled_amount <> amount_not_due + amount_1_30 + amount_31_60 + amount_61_90 + amount_91_plus",
                severity="critical",
            ),
            no_rows(
                "buckets_sum_to_the_receivables",
                "The buckets of a month sum to what was open at its start, billed and received in it, and open at its end.",
                "with ours as (select month, dimension, dimension_id,"
                " sum(case when from_bucket = 'billed' then 0 else from_amount end) as opening_receivable,"
                " sum(case when from_bucket = 'billed' then from_amount else 0 end) as billed, sum(paid_amount) as received,"
                " sum(written_off_amount) as written_off,"
                " sum(rolled_amount) as closing_receivable, sum(amount_not_due) as closing_not_due from {batch} group by all),"
                " theirs as (select month, dimension, dimension_id, opening_receivable, billed, received, written_off,"
                " closing_receivable, closing_not_due from marts.receivables_kpis)"
                " (select 'in the buckets alone' as fault, * from (select * from ours except all select * from theirs))"
                " union all"
                " (select 'in the months alone' as fault, * from (select * from theirs except all select * from ours))",
                severity="critical",
            ),
        ),
    )
