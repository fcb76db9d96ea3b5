"""Release gates of the tables of money: amounts without an owner have a row of their own, so the rows sum to the total."""

from __future__ import annotations

from expectations.gates import Suite, no_rows

_DIMENSIONS = {
    "business_unit": "business units",
    "agent": "agents",
    "outlet": "outlets",
    "customer_class": "customer classes",
}


def sum_suites() -> tuple[Suite, ...]:
    """The suites on collection_rates, arrears, money_at_risk, undocumented_numbers and info_service_settlements."""
    return (
        Suite(
            "collection_rates",
            "release",
            "marts.collection_rates",
            (
                no_rows(
                    "branch_rows_are_the_sums_of_the_bills",
                    "The branch's bills, receivable, received and written off of a period are those of its issued bills, applied"
                    " payments and write-offs.",
                    "with ours as (select billing_period, bills, receivable, received, written_off from {batch}"
                    " where dimension = 'branch'),"
                    " applied as (select account_id, billing_period, sum(amount) as received from marts.payment_applications"
                    " group by all),"
                    " given_up as (select account_id, billing_period, sum(amount) as written_off from marts.bill_write_offs"
                    " group by all),"
                    " theirs as (select bills.billing_period, count(*) as bills, sum(bills.amount) as receivable,"
                    " coalesce(sum(applied.received), 0) as received, coalesce(sum(given_up.written_off), 0) as written_off"
                    " from marts.bills as bills left join applied using (account_id, billing_period)"
                    " left join given_up using (account_id, billing_period)"
                    " where not bills.is_provisional group by bills.billing_period)"
                    f" {_differing('ours', 'theirs')}",
                    severity="critical",
                ),
                *(
                    no_rows(
                        f"{dimension}_rows_sum_to_the_branch",
                        f"The rows of the {words}, with the row for `unassigned`, sum to the branch's row.",
                        "with ours as (select billing_period, sum(bills) as bills, sum(receivable) as receivable,"
                        " sum(received) as received, sum(written_off) as written_off"
                        f" from {{batch}} where dimension = '{dimension}' group by billing_period),"
                        " theirs as (select billing_period, bills, receivable, received, written_off from marts.collection_rates"
                        " where dimension = 'branch')"
                        f" {_differing('ours', 'theirs')}",
                        severity="critical",
                    )
                    for dimension, words in _DIMENSIONS.items()
                ),
            ),
        ),
        Suite(
            "arrears",
            "release",
            "marts.arrears",
            (
                no_rows(
                    "rows_sum_to_the_unpaid_bills",
                    "The arrears of all accounts sum to the unpaid part of the issued bills that were due before the as-of date.",
                    "with ours as (select coalesce(sum(amount), 0) as amount from {batch}),"
                    " settled as (select account_id, billing_period, amount from marts.payment_applications"
                    " union all select account_id, billing_period, amount from marts.bill_write_offs),"
                    " applied as (select account_id, billing_period, sum(amount) as received from settled group by all),"
                    " theirs as (select coalesce(sum(greatest(bills.amount - coalesce(applied.received, 0), 0)), 0) as amount"
                    " from marts.bills as bills left join applied using (account_id, billing_period)"
                    " where not bills.is_provisional and bills.due_on < (select as_of from raw.run_facts))"
                    " select ours.amount, theirs.amount as expected_amount from ours cross join theirs"
                    " where ours.amount <> theirs.amount",
                    severity="critical",
                ),
                no_rows(
                    "ages_sum_to_the_amount",
                    "The arrears of an account by age sum to its total arrears.",
                    "select settling_account_id, amount, amount_1_30, amount_31_60, amount_61_90, amount_91_plus from {batch}"
                    " where amount <> amount_1_30 + amount_31_60 + amount_61_90 + amount_91_plus",
                    severity="critical",
                ),
            ),
        ),
        Suite(
            "money_at_risk",
            "release",
            "marts.money_at_risk",
            (
                no_rows(
                    "rows_sum_to_the_suspended_calls",
                    "The money at risk of every state, with the row for `unassigned`, is the estimated amount of its suspended calls.",
                    "with ours as (select state, sum(estimated_amount) as amount from {batch} group by state),"
                    " theirs as (select state, sum(estimated_amount) as amount from marts.suspended_calls group by state)"
                    " select state, ours.amount, theirs.amount as expected_amount from ours full join theirs using (state)"
                    " where ours.amount is distinct from theirs.amount",
                    severity="critical",
                ),
            ),
        ),
        Suite(
            "undocumented_money",
            "release",
            "marts.undocumented_numbers",
            (
                no_rows(
                    "numbers_sum_to_the_undocumented_calls",
                    "The estimated amounts of the undocumented numbers sum to those of all undocumented calls whose number is known.",
                    "with ours as (select sum(calls) as calls, sum(estimated_amount) as amount from {batch}),"
                    " theirs as (select count(*) as calls, sum(estimated_amount) as amount from marts.suspended_calls"
                    " where state = 'undocumented' and charged_number is not null)"
                    " select ours.calls, ours.amount, theirs.calls as expected_calls, theirs.amount as expected_amount"
                    " from ours cross join theirs where coalesce(ours.calls, 0) <> theirs.calls"
                    " or ours.amount is distinct from theirs.amount",
                    severity="critical",
                ),
            ),
        ),
        Suite(
            "info_service_settlements",
            "release",
            "marts.info_service_settlements",
            (
                no_rows(
                    "providers_sum_to_the_calls",
                    "The amounts of the providers of a period sum to all calls to information services.",
                    "with ours as (select billing_period, sum(amount) as amount from {batch} group by billing_period),"
                    " theirs as (select billing_period, sum(amount) as amount from intermediate.int_info_service_daily"
                    " group by billing_period)"
                    " select billing_period, ours.amount, theirs.amount as expected_amount"
                    " from ours full join theirs using (billing_period) where ours.amount is distinct from theirs.amount",
                    severity="critical",
                ),
            ),
        ),
    )


def _differing(ours: str, theirs: str) -> str:
    columns = ("bills", "receivable", "received", "written_off")
    shown = ", ".join(f"{ours}.{column}, {theirs}.{column} as expected_{column}" for column in columns)
    differs = " or ".join(f"{ours}.{column} is distinct from {theirs}.{column}" for column in columns)
    return f"select billing_period, {shown} from {ours} full join {theirs} using (billing_period) where {differs}"
