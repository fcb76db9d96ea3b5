"""Terminals of the outlets (网点终端): which outlets have one and a backup line, what is due for inspection, what is out of order."""

from __future__ import annotations

from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.model import Content, Message, Section, Target, Tone
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table
from dashboards.params import Params
from dashboards.view import Row, View

TERMINALS = "terminals"
_QUERIES = ("terminal_coverage", "terminal_coverage_by_unit", "terminals_listed")
_COUNTS = (
    "outlets", "outlets_with_terminal", "outlets_with_backup", "terminals", "terminals_with_backup", "inspections_overdue",
    "open_faults",
)  # fmt: skip


def terminals(view: View, params: Params) -> Content:
    """The coverage by unit and outlet, and every terminal; a sentence where the export was never delivered."""
    t = params.t
    unit = params.member(view, "unit", "business_unit")
    outlet = params.member(view, "outlet", "outlet")
    filters = (
        frame.member_filter(view, params, TERMINALS, "unit", "business_unit"),
        frame.member_filter(view, params, TERMINALS, "outlet", "outlet"),
    )
    return Content(_sections(view, unit, outlet, t), filters)


def _sections(view: View, unit: str | None, outlet: str | None, t: Translate) -> tuple[Section, ...]:
    title = t("terminals.coverage")
    absent = frame.missing_marts(view, t, *_QUERIES)
    if absent is not None:
        return (Section("coverage", title, blocks=(absent,)),)
    by_unit = view.query("terminal_coverage_by_unit", unit=unit, outlet=outlet)
    if not by_unit:
        return (Section("coverage", title, blocks=(Message(t("terminals.none")),)),)
    units = mart_table(
        view,
        t,
        "terminal_coverage",
        by_unit,
        ("business_unit_id", *_COUNTS),
        name="by_unit",
        queries=("terminal_coverage_by_unit",),
        title=t("terminals.by_unit"),
        definition=t("terminals.coverage_definition"),
        sums=_COUNTS,
        links={"business_unit_id": lambda row: Target.to(TERMINALS, unit=row["business_unit_id"])},
    )
    outlets = mart_table(
        view,
        t,
        "terminal_coverage",
        view.query("terminal_coverage", unit=unit, outlet=outlet),
        ("outlet_id", "business_unit_id", "terminals", "terminals_with_backup", "inspections_overdue", "open_faults"),
        name="by_outlet",
        queries=("terminal_coverage",),
        title=t("terminals.by_outlet"),
        definition=t("terminals.by_outlet_definition"),
        sums=_COUNTS[3:],
        links={"outlet_id": lambda row: Target.to(TERMINALS, outlet=row["outlet_id"])},
    )
    return (
        Section("coverage", title, blocks=(units, outlets), is_paired=False),
        _listed(view, unit, outlet, t),
    )


def _listed(view: View, unit: str | None, outlet: str | None, t: Translate) -> Section:
    title = t("terminals.listed")
    rows = view.query("terminals_listed", unit=unit, outlet=outlet)
    if not rows:
        return Section("terminals", title, blocks=(Message(t("terminals.no_terminal")),))

    def tone(row: Row) -> Tone | None:
        return "bad" if row["days_faulty"] is not None else None

    table = mart_table(
        view,
        t,
        "outlet_terminals",
        rows,
        (
            "terminal_id", "outlet_id", "access_kind", "is_backup_there", "installed_on", "last_inspected_on", "inspection_due_on",
            "is_inspection_overdue", "fault_since", "days_faulty", "fault_note",
        ),
        name="terminals",
        queries=("terminals_listed",),
        title=title,
        definition=t("terminals.listed_definition"),
        marks={
            "fault_since": tone,
            "days_faulty": tone,
            "is_inspection_overdue": lambda row: "warning" if row["is_inspection_overdue"] else None,
        },
    )  # fmt: skip
    return Section("terminals", title, blocks=(table,), is_paired=False)


TERMINALS_PAGE = PageSpec(
    TERMINALS, "outlets", terminals, queries=("dimension_names", *_QUERIES), params=("unit", "outlet")
)
