"""Release gates of the closed periods: every closed row is published again, unchanged in what was closed; and of reopened ones."""

from __future__ import annotations

from expectations.gates import Suite, control_totals_equal, no_rows

CLOSED_MARTS = {
    "rated_calls": "The rated calls of closed periods are unchanged since closing, row by row.",
    "bill_lines": "The bill lines of closed periods are unchanged since closing, row by row.",
    "bills": "The bills of closed periods are unchanged since closing, row by row.",
}
#: Columns of a mart that are as of today, also of a closed row.
_OF_TODAY = {"bills": ("settling_account_id",)}


def closed_period_suites() -> tuple[Suite, ...]:
    """The suite `closed_periods`, on the rows kept at each closing, and `period_reopenings`."""
    return (
        Suite(
            "closed_periods",
            "release",
            "closed.periods",
            tuple(
                no_rows(
                    f"closed_{mart}_are_unchanged",
                    description,
                    _changed_rows_query(mart),
                    severity="critical",
                    table=f"closed.{mart}",
                )
                for mart, description in CLOSED_MARTS.items()
            ),
        ),
        Suite(
            "period_reopenings",
            "release",
            "marts.period_reopenings",
            (
                control_totals_equal(
                    "reopened_periods_come_to_their_bills",
                    "What a reopened period comes to since its newest reopening is the sum of its bills, account by account.",
                    ("account_id", "billing_period"),
                    "select account_id, billing_period, sum(amount) as total from {batch} where (billing_period, reopening_number) in"
                    " (select (billing_period, max(reopening_number)) from {batch} group by billing_period)"
                    " group by all having sum(lines) > 0",
                    "select account_id, billing_period, sum(amount) as total from marts.bills"
                    " where billing_period in (select billing_period from {batch}) group by all",
                    severity="critical",
                ),
            ),
        ),
    )


def _changed_rows_query(mart: str) -> str:
    """Rows lost and rows added, as multisets over all columns that were closed.

    A fingerprint per account and period (rows, and two sums of 64-bit row hashes) shows where to look, so that years
    of unchanged calls are read once and compared row by row only where something changed.
    """
    fingerprint = "count(*) as row_count, sum(hash(r)) as first_sum, sum(hash(r, 'second')) as second_sum"
    kept = "select * from {batch}"
    columns = f"* exclude ({', '.join(_OF_TODAY[mart])})" if mart in _OF_TODAY else "*"
    now = f"select {columns} from marts.{mart} where billing_period in (select billing_period from closed.periods)"
    looked_at = (
        "exists (select 1 from changed where changed.account_id is not distinct from r.account_id"
        " and changed.billing_period is not distinct from r.billing_period)"
    )
    print_of = (
        "select r.account_id as account_id, r.billing_period as billing_period, {fingerprint}"
        " from ({rows}) as r group by r.account_id, r.billing_period"
    )
    return (
        f"with kept_prints as ({print_of.format(fingerprint=fingerprint, rows=kept)}),"
        f" now_prints as ({print_of.format(fingerprint=fingerprint, rows=now)}),"
        " changed as (select coalesce(k.account_id, n.account_id) as account_id,"
        " coalesce(k.billing_period, n.billing_period) as billing_period"
        " from kept_prints as k full join now_prints as n"
        " on k.account_id = n.account_id and k.billing_period = n.billing_period"
        " where k.row_count is distinct from n.row_count or k.first_sum is distinct from n.first_sum"
        " or k.second_sum is distinct from n.second_sum),"
        f" kept_rows as (select * from ({kept}) as r where {looked_at}),"
        f" now_rows as (select * from ({now}) as r where {looked_at})"
        " select 'lost' as change, lost.* from (select * from kept_rows except all select * from now_rows) as lost"
        " union all"
        " select 'new' as change, come.* from (select * from now_rows except all select * from kept_rows) as come"
    )
