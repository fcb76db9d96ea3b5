"""The state of a period's settlement, as the edition has it."""

from __future__ import annotations

from datetime import date

from dashboards.view import Period, View
from orchestration.finance_files.declarations import query_reads, query_text

#: Before the cut-off the figures can still change with every payment; from then on they are calculated, until people decide.
OPEN, CALCULATED = "open", "calculated"
_QUERY = "settlement_state"


def settlement_state(view: View, period: str) -> str:
    """open, calculated, approved or locked. An edition of an earlier version knows no decisions: `calculated` from the cut-off on.

    The settlements are marts of the whole branch; how far one has come, everybody is told who gets a file of it.
    """
    if not view.viewer.scope.is_whole_branch:
        with View(view.found) as of_branch:
            return settlement_state(of_branch, period)
    if not set(query_reads(_QUERY)) <= view.marts:
        return CALCULATED if cut_off(period) <= view.as_of else OPEN
    states = [
        row["state"]
        for batch in view.stream(query_text(_QUERY), _QUERY, {"period": period}, 1)
        for row in batch.to_pylist()
    ]
    return str(states[0]) if states else OPEN


def cut_off(period: str) -> date:
    """The day up to which payments count for the settlement of a period: the last day of the next month."""
    return Period.of(Period(period).issued_on).last_day
