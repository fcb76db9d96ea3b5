"""Release gates of the bills. Usage lines are the rounded sums of their calls, adjustment lines are what re-ratings posted or a
person approved, and bills are the sums of their lines."""

from __future__ import annotations

from expectations.gates import Suite, control_totals_equal, no_rows

# round() of DuckDB on DECIMAL is exact and rounds half away from zero; usage amounts are never negative, so this
# is half-up. The sum is DECIMAL(38, 6): nothing here is ever a binary float.
CALLS_BY_USAGE_LINE = (
    "select account_id, charged_number, billing_period, bill_item_id, count(*) as calls,"
    " round(sum(amount), 2) as rounded_amount"
    " from {rated_calls} group by account_id, charged_number, billing_period, bill_item_id"
)


def billing_suites() -> tuple[Suite, ...]:
    """The suites on bill_lines, rerating_adjustments, account_adjustments, late_fees and bills."""
    return (_bill_lines(), _adjustments(), _account_adjustments(), _late_fees(), _bills())


def _bill_lines() -> Suite:
    return Suite(
        "bill_lines",
        "release",
        "marts.bill_lines",
        (
            no_rows(
                "usage_lines_are_the_sums_of_their_calls",
                "Every usage line is the sum of its rated calls, rounded once to 0.01.",
                f"with calls as ({CALLS_BY_USAGE_LINE.format(rated_calls='marts.rated_calls')}),"
                " lines as (select * from {batch} where line_kind = 'usage')"
                " select lines.account_id, lines.service_number, lines.billing_period, lines.bill_item_id,"
                " lines.amount, calls.rounded_amount, calls.calls from lines left join calls"
                " on calls.account_id = lines.account_id and calls.charged_number = lines.service_number"
                " and calls.billing_period = lines.billing_period and calls.bill_item_id = lines.bill_item_id"
                " where lines.amount is distinct from calls.rounded_amount",
                severity="critical",
            ),
            no_rows(
                "one_usage_line_for_its_calls",
                "No two usage lines bill the same calls: one line for an account, number, period and bill item.",
                "select account_id, service_number, billing_period, bill_item_id, count(*) as lines from {batch}"
                " where line_kind = 'usage' group by account_id, service_number, billing_period, bill_item_id"
                " having count(*) > 1",
                severity="critical",
            ),
            no_rows(
                "adjustment_lines_are_what_was_posted",
                "Every adjustment line is the sum of the amounts that re-ratings posted for it, and every posted amount is in one line.",
                "with lines as (select account_id, service_number, billing_period, bill_item_id, amount from {batch}"
                " where line_kind = 'adjustment'),"
                " posted as (select account_id, service_number, adjusted_in as billing_period, bill_item_id,"
                " sum(amount) as amount from staging.stg_ledger__rerating_lines group by all having sum(amount) <> 0)"
                " (select 'not posted' as fault, * from (select * from lines except all select * from posted))"
                " union all"
                " (select 'not billed' as fault, * from (select * from posted except all select * from lines))",
                severity="critical",
            ),
            no_rows(
                "late_fees_are_billed_as_closed",
                "The late fees on all bills of an account are what its unpaid bills had borne when the newest period was closed.",
                "with lines as (select account_id, bill_item_id, sum(amount) as amount from {batch}"
                " where line_kind = 'late_fee' group by all having sum(amount) <> 0),"
                " closed as (select account_id, bill_item_id, sum(amount) as amount from closed.late_fees"
                " where billing_period = (select max(billing_period) from closed.periods)"
                " group by all having sum(amount) <> 0)"
                " (select 'not closed' as fault, * from (select * from lines except all select * from closed))"
                " union all"
                " (select 'not billed' as fault, * from (select * from closed except all select * from lines))",
                severity="critical",
            ),
        ),
    )


def _adjustments() -> Suite:
    """A number's bill item of a closed period plus the posted amounts equals the sum of its calls as rated now, rounded once."""
    key = "account_id, service_number, bill_item_id, closed_period"
    return Suite(
        "rerating_adjustments",
        "release",
        "marts.rerating_adjustments",
        (
            no_rows(
                "postings_bring_closed_lines_to_what_their_calls_cost",
                "A usage line of a closed period plus its posted amounts equals the rounded sum of its calls as they are"
                " rated now.",
                f"with differing as (select {key}, sum(amount_after - amount_before) as difference from {{batch}}"
                f" group by all),"
                " closed_calls as (select account_id, charged_number as service_number, bill_item_id,"
                " billing_period as closed_period, sum(amount) as amount from closed.rated_calls group by all),"
                f" posted as (select {key}, sum(amount) as amount from staging.stg_ledger__rerating_lines group by all)"
                f" select {key}, coalesce(posted.amount, 0) as posted_amount,"
                " round(coalesce(closed_calls.amount, 0) + coalesce(difference, 0), 2)"
                " - round(coalesce(closed_calls.amount, 0), 2) as owed_amount"
                f" from differing full join posted using ({key}) left join closed_calls using ({key})"
                " where coalesce(posted.amount, 0) is distinct from"
                " round(coalesce(closed_calls.amount, 0) + coalesce(difference, 0), 2)"
                " - round(coalesce(closed_calls.amount, 0), 2)",
                severity="critical",
            ),
        ),
    )


def _account_adjustments() -> Suite:
    return Suite(
        "account_adjustments",
        "release",
        "marts.account_adjustments",
        (
            no_rows(
                "two_persons_stand_for_what_counts",
                "Every charge, credit and write-off that counts was approved by another person than prepared it.",
                "select adjustment_id, kind, counted_amount, prepared_by, approved_by from {batch} where counted_amount <> 0"
                " and coalesce(lower(trim(approved_by)) in ('', lower(trim(prepared_by))) or trim(prepared_by) = '', true)",
                severity="critical",
            ),
            no_rows(
                "manual_lines_are_what_was_approved",
                "Every line of kind manual_adjustment is the sum of the charges and credits of its number and bill item, and each of"
                " them is in one line.",
                "with lines as (select account_id, service_number, billing_period, bill_item_id, amount from marts.bill_lines"
                " where line_kind = 'manual_adjustment'),"
                " approved as (select account_id, service_number, billing_period, bill_item_id, sum(counted_amount) as amount"
                " from {batch} where kind in ('charge', 'credit') and billing_period is not null group by all"
                " having sum(counted_amount) <> 0)"
                " (select 'not approved' as fault, * from (select * from lines except all select * from approved))"
                " union all"
                " (select 'not billed' as fault, * from (select * from approved except all select * from lines))",
                severity="critical",
            ),
        ),
    )


def _late_fees() -> Suite:
    return Suite(
        "late_fees",
        "release",
        "marts.late_fees",
        (
            no_rows(
                "late_fees_stay_within_the_principal",
                "The late fees of a bill are together never below zero and never above its principal.",
                "select account_id, unpaid_period, principal, sum(amount) as fees from {batch}"
                " group by account_id, unpaid_period, principal having sum(amount) not between 0 and principal",
                severity="critical",
            ),
        ),
    )


def _bills() -> Suite:
    return Suite(
        "bills",
        "release",
        "marts.bills",
        (
            control_totals_equal(
                "bills_are_the_sums_of_their_lines",
                "Every bill is the sum of its lines, and every line is on a bill.",
                ("account_id", "billing_period"),
                "select account_id, billing_period, sum(amount) as total from {batch} group by all",
                "select account_id, billing_period, sum(amount) as total from marts.bill_lines group by all",
                severity="critical",
            ),
        ),
    )
