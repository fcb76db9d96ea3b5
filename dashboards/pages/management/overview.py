"""The branch overview: the sections in their order. Each section has its own module."""

from __future__ import annotations

from dashboards.pages import frame
from dashboards.pages.analysts import intake, problems
from dashboards.pages.finance import commission
from dashboards.pages.management import collections, headline, traffic
from dashboards.pages.model import Content
from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.view import View


def overview(view: View, params: Params) -> Content:
    """The first page that management opens: money first, then traffic, then what needs fixing."""
    t = params.t
    period = params.period(view)
    return Content(
        (
            headline.headline(view, period, t),
            collections.collection_by_unit(view, period, t),
            collections.arrears_by_age(view, t),
            commission.commission_by_agent(view, t),
            traffic.trunk_traffic(view, period, t),
            intake.set_aside(view, t),
            problems.problem_bulletin(view, t),
        ),
        (frame.period_filter(view, params, frame.OVERVIEW),),
    )


OVERVIEW = PageSpec(
    frame.OVERVIEW,
    "management",
    overview,
    queries=(
        "arrears_by_age", "billing_periods", "collection_by_dimension", "collection_periods", "collection_rate_by_day",
        "commission_by_agent", "commission_period", "customers_of_period", "dimension_names", "files_by_kind", "files_not_loaded",
        "intake_by_status", "intake_of_days", "money_at_risk", "problems_by_kind", "problems_open", "rated_calls_of_period",
        "traffic_by_hour_of_day", "trunk_groups_busiest",
    ),
    params=("period",),
)  # fmt: skip
