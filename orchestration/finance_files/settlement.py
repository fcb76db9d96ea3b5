"""The state of a period's settlement. The one place that says it: an edition with a mart `settlements` is asked here."""

from __future__ import annotations

from datetime import date

from dashboards.view import Period, View

#: Before the cut-off the figures can still change with every payment; from then on they are calculated.
OPEN, CALCULATED = "open", "calculated"


def settlement_state(view: View, period: str) -> str:
    """`calculated` from the cut-off of the period on, which is the last day of the month after it, else `open`.

    Nobody's approval is known yet: a mart that has it goes first, as soon as there is one.
    """
    return CALCULATED if cut_off(period) <= view.as_of else OPEN


def cut_off(period: str) -> date:
    """The day up to which payments count for the settlement of a period: the last day of the next month."""
    return Period.of(Period(period).issued_on).last_day
