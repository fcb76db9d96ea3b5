"""Release gates of the tables that come from optional exports: nothing of them is lost or counted twice."""

from __future__ import annotations

from expectations.gates import Suite, no_rows


def outlet_suites() -> tuple[Suite, ...]:
    """The suites on complaint_handling and terminal_coverage. Without the exports both hold: there is nothing to count."""
    return (
        Suite(
            "complaint_handling",
            "release",
            "marts.complaint_handling",
            (
                no_rows(
                    "rows_sum_to_the_complaints",
                    "The rows sum to all complaints opened up to the as-of date, and each of them is closed or still open.",
                    "with ours as (select coalesce(sum(opened), 0) as opened, coalesce(sum(closed + still_open), 0) as counted"
                    " from {batch}),"
                    " theirs as (select count(*) as complaints from intermediate.int_complaints_known"
                    " where opened_at is null or cast(opened_at as date) <= (select as_of from raw.run_facts))"
                    " select * from ours cross join theirs where opened <> complaints or counted <> complaints",
                    severity="critical",
                ),
            ),
        ),
        Suite(
            "terminal_coverage",
            "release",
            "marts.terminal_coverage",
            (
                no_rows(
                    "outlets_sum_to_the_terminals",
                    "The terminals of all outlets sum to the terminals, and every outlet of the reference book has a row.",
                    "with ours as (select coalesce(sum(terminals), 0) as terminals, coalesce(sum(outlets), 0) as outlets from {batch}),"
                    " theirs as (select (select count(*) from marts.outlet_terminals) as all_terminals,"
                    " (select count(*) from reference.outlets) as all_outlets)"
                    " select * from ours cross join theirs"
                    " where terminals <> all_terminals or (outlets <> 0 and outlets <> all_outlets)",
                    severity="critical",
                ),
            ),
        ),
    )
