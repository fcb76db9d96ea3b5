"""Release gates of the receivables: whom the branch duns, and what lies on no bill."""

from __future__ import annotations

from expectations.gates import Suite, no_rows

#: The unpaid part of each issued bill that was due before the as-of date.
_UNPAID = (
    "applied as (select account_id, billing_period, sum(amount) as received from marts.payment_applications group by all),"
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
    """The suites on dunning_list and prepaid_balances."""
    return (_dunning_list(), _prepaid_balances())


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
                "with payers as (select * from intermediate.int_payer_groups)"
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
