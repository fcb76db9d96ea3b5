"""The branch overview: one screen for management. Each section has its own module; the details are on the other pages."""

from __future__ import annotations

from dashboards.pages import frame
from dashboards.pages.management import act_on, collections, headline, outlets_summary
from dashboards.pages.model import Content
from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.view import View


def overview(view: View, params: Params) -> Content:
    """The first page that management opens: the three things to act on, the figures, who pays and who owes, and the outlets."""
    t = params.t
    period = params.period(view)
    return Content(
        (
            act_on.act_on(view, period, t),
            headline.headline(view, period, t),
            collections.collection_by_unit(view, period, t),
            collections.arrears_by_age(view, t),
            *outlets_summary.outlets_summary(view, t),
        ),
        (frame.period_filter(view, params, frame.OVERVIEW),),
    )


OVERVIEW = PageSpec(
    frame.OVERVIEW,
    "management",
    overview,
    queries=tuple(
        sorted(
            {
                "billing_periods", "branch_by_period", "collection_periods", "commission_of_newest", "dimension_names",
                "intake_by_month", "problems_count", "rated_calls_by_period", *act_on.QUERIES, *outlets_summary.QUERIES,
            }
        )
    ),
    params=("period",),
)  # fmt: skip
