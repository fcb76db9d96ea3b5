"""Complaints of every kind (投诉): how many were opened and how long they took, and those that are open."""

from __future__ import annotations

from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.model import Content, Message, Section, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table
from dashboards.params import Params
from dashboards.view import View

COMPLAINTS = "complaints"
_QUERIES = ("complaint_handling", "complaints_by_kind", "complaints_open")
_COUNTS = ("opened", "closed", "still_open", "overdue")
_TIMES = ("median_hours", "mean_hours", "longest_hours")


def complaints(view: View, params: Params) -> Content:
    """The open ones with their age, then the handling by kind and by outlet; a sentence where there is no complaint."""
    t = params.t
    unit = params.member(view, "unit", "business_unit")
    outlet = params.member(view, "outlet", "outlet")
    filters = (
        frame.member_filter(view, params, COMPLAINTS, "unit", "business_unit"),
        frame.member_filter(view, params, COMPLAINTS, "outlet", "outlet"),
    )
    title = t("complaints.open")
    absent = frame.missing_marts(view, t, *_QUERIES)
    if absent is not None:
        return Content((Section("open", title, blocks=(absent,)),), filters)
    by_kind = view.query("complaints_by_kind", unit=unit, outlet=outlet)
    if not by_kind:
        return Content((Section("open", title, blocks=(Message(t("complaints.none")),)),), filters)
    kinds = mart_table(
        view,
        t,
        "complaint_handling",
        by_kind,
        ("opened_month", "kind", *_COUNTS, *_TIMES),
        name="by_kind",
        queries=("complaints_by_kind",),
        title=t("complaints.by_kind"),
        definition=t("complaints.handling_definition"),
        sums=_COUNTS,
    )
    outlets = mart_table(
        view,
        t,
        "complaint_handling",
        view.query("complaint_handling", unit=unit, outlet=outlet),
        ("opened_month", "business_unit_id", "outlet_id", "kind", *_COUNTS, *_TIMES),
        name="by_outlet",
        queries=("complaint_handling",),
        title=t("complaints.by_outlet"),
        sums=_COUNTS,
    )
    handling = Section("handling", t("complaints.handling"), blocks=(kinds, outlets), is_paired=False)
    return Content((_open(view, unit, outlet, t), handling), filters)


def _open(view: View, unit: str | None, outlet: str | None, t: Translate) -> Section:
    title = t("complaints.open")
    rows = view.query("complaints_open", unit=unit, outlet=outlet)
    if not rows:
        return Section("open", title, blocks=(Message(t("complaints.none_open"), "good"),))
    table = mart_table(
        view,
        t,
        "complaints",
        rows,
        (
            "complaint_id", "account_id", "business_unit_id", "outlet_id", "kind", "was_billing_error", "opened_at",
            "handling_hours", "is_overdue",
        ),
        name="open",
        queries=("complaints_open",),
        title=t("complaints.open_table"),
        definition=t("complaints.open_definition"),
        links={"account_id": lambda row: Target.to("bills", account=row["account_id"])},
        marks={"is_overdue": lambda row: "warning" if row["is_overdue"] else None},
    )  # fmt: skip
    return Section("open", title, blocks=(table,), is_paired=False)


COMPLAINTS_PAGE = PageSpec(
    COMPLAINTS, "outlets", complaints, queries=("dimension_names", *_QUERIES), params=("unit", "outlet")
)
