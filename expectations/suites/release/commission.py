"""Release gates of the agents' commission: a statement is the sum of its lines."""

from __future__ import annotations

from expectations.gates import Suite, control_totals_equal, no_rows


def commission_suites() -> tuple[Suite, ...]:
    """The suites on commission_lines and commission_statements."""
    return (
        Suite(
            "commission_lines",
            "release",
            "marts.commission_lines",
            (
                no_rows(
                    "every_line_is_on_a_statement",
                    "Every commission line is on the statement of its agent and settlement period.",
                    "with b as (select * from {batch}) select b.* from b left join marts.commission_statements as s"
                    " on b.agent_id = s.agent_id and b.settlement_period = s.settlement_period"
                    " where s.agent_id is null",
                    severity="critical",
                ),
            ),
        ),
        Suite(
            "commission_statements",
            "release",
            "marts.commission_statements",
            (
                control_totals_equal(
                    "statements_are_the_sums_of_their_lines",
                    "Every commission statement is the sum of its lines.",
                    ("agent_id", "settlement_period"),
                    "select agent_id, settlement_period, sum(amount) as total from {batch} group by all",
                    "select agent_id, settlement_period, sum(amount) as total from marts.commission_lines group by all",
                    severity="critical",
                ),
            ),
        ),
    )
