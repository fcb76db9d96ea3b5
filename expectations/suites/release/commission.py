"""Release gates of the agents' commission: a statement is the sum of its lines, a line what its bases come to."""

from __future__ import annotations

from expectations.gates import Suite, control_totals_equal, no_rows

_LINE = ("agent_id", "settlement_period", "line_kind")


def commission_suites() -> tuple[Suite, ...]:
    """The suites on the lines, the statements, the bases and the forecast."""
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
        Suite(
            "commission_bases",
            "release",
            "marts.commission_bases",
            (
                control_totals_equal(
                    "bases_sum_to_the_basis_of_their_line",
                    "The money, or the numbers, that a commission line counts sum to the line's basis; what has a reason is in no line.",
                    _LINE,
                    "select agent_id, settlement_period, line_kind,"
                    " sum(coalesce(basis_amount, cast(numbers as decimal(18, 2)))) as total"
                    " from {batch} where reason is null group by all",
                    "select agent_id, settlement_period, line_kind, basis_amount as total from marts.commission_lines",
                    severity="critical",
                ),
                # In hundredths: a percent of an amount is so many hundredths of it, and a number earns its bonus.
                control_totals_equal(
                    "a_line_is_its_bases_at_their_rates",
                    "Every commission line is the sum of its bases, each at its own rate, rounded once.",
                    _LINE,
                    "select agent_id, settlement_period, line_kind, cast(round(sum("
                    "case when line_kind in ('restatement', 'clawback') then -1 else 1 end"
                    " * cast(coalesce(basis_amount, 100 * numbers) as decimal(20, 2)) * coalesce(rate, 0)), 0)"
                    " as decimal(38, 0)) as total from {batch} where reason is null group by all",
                    "select agent_id, settlement_period, line_kind, cast(100 * amount as decimal(38, 0)) as total"
                    " from marts.commission_lines",
                    severity="critical",
                ),
                no_rows(
                    "every_kind_of_line_has_a_basis_or_a_reason",
                    "Every agent and settlement has, for each of the five kinds of lines, what the line counts or why it is not there.",
                    "select agent_id, settlement_period, count(distinct line_kind) as kinds from {batch}"
                    " where line_kind <> 'locked_restatement'"
                    " group by agent_id, settlement_period having count(distinct line_kind) <> 5",
                    severity="critical",
                ),
            ),
        ),
        Suite(
            "commission_forecast",
            "release",
            "marts.commission_forecast",
            (
                no_rows(
                    "no_settled_period_is_forecast",
                    "The forecast is of settlements whose cut-off has not been reached, and of no statement.",
                    "with b as (select * from {batch}) select b.* from b left join marts.commission_statements as s"
                    " on b.agent_id = s.agent_id and b.settlement_period = s.settlement_period"
                    " where s.agent_id is not null or b.cut_off_on <= b.as_of or not b.is_provisional",
                    severity="critical",
                ),
            ),
        ),
    )
