"""Undocumented numbers: the numbers that call though nobody holds them, with the money that waits for a holder."""

from __future__ import annotations

from dashboards.pages import frame
from dashboards.pages.model import Content
from dashboards.pages.outlets.outlet import UNDOCUMENTED, undocumented_numbers
from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.view import View


def undocumented(view: View, params: Params) -> Content:
    """All undocumented numbers, or those of a unit, an outlet, an exchange."""
    unit = params.member(view, "unit", "business_unit")
    outlet = params.member(view, "outlet", "outlet")
    exchange = params.member(view, "exchange", "exchange")
    return Content(
        (undocumented_numbers(view, params.t, unit=unit, outlet=outlet, exchange=exchange),),
        (
            frame.member_filter(view, params, UNDOCUMENTED, "unit", "business_unit"),
            frame.member_filter(view, params, UNDOCUMENTED, "outlet", "outlet"),
            frame.member_filter(view, params, UNDOCUMENTED, "exchange", "exchange"),
        ),
    )


UNDOCUMENTED_PAGE = PageSpec(
    UNDOCUMENTED,
    "outlets",
    undocumented,
    queries=("dimension_names", "undocumented_numbers"),
    params=("unit", "outlet", "exchange"),
)
