"""The problem bulletin with all its rows: open problems first, then those that are resolved."""

from __future__ import annotations

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.analysts.problems import SEVERITY_TONES, problems_by_kind
from dashboards.pages.model import Block, Column, Content, Message, Section, Table, Target, Tile
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table, with_column
from dashboards.params import Params
from dashboards.view import Row, View
from orchestration.access.roles import Role

BULLETIN = "bulletin"
_SEVERITIES = ("critical", "error", "warn", "warning", "info")
_COLUMNS = (
    "severity",
    "kind",
    "business_unit_id",
    "outlet_id",
    "subject",
    "detail",
    "count",
    "first_seen_on",
    "found_on",
)


def bulletin(view: View, params: Params) -> Content:
    """The problems of a unit, an outlet, a kind or a severity; without a filter all."""
    t = params.t
    known = view.query("problem_kinds")
    kinds = sorted({str(row["kind"]) for row in known})
    severities = [each for each in _SEVERITIES if any(row["severity"] == each for row in known)]
    rows = view.query(
        "problem_bulletin",
        unit=params.member(view, "unit", "business_unit"),
        outlet=params.member(view, "outlet", "outlet"),
        kind=params.one_of("kind", tuple(kinds)),
        severity=params.one_of("severity", tuple(severities)),
    )
    open_ones = [row for row in rows if row["resolved_on"] is None]
    resolved = [row for row in rows if row["resolved_on"] is not None]
    return Content(
        (
            Section(
                "open",
                t("bulletin.open"),
                tiles=_tiles(open_ones, resolved, t),
                blocks=_open(view, open_ones, t),
            ),
            Section("resolved", t("bulletin.resolved"), blocks=(_resolved(view, resolved, t),), is_paired=False),
        ),
        (
            frame.member_filter(view, params, BULLETIN, "unit", "business_unit"),
            frame.member_filter(view, params, BULLETIN, "outlet", "outlet"),
            frame.list_filter(params, BULLETIN, "kind", [(each, t.code("problem_kind", each)) for each in kinds]),
            frame.list_filter(params, BULLETIN, "severity", [(each, t.code("severity", each)) for each in severities]),
        ),
    )


def _tiles(open_ones: list[Row], resolved: list[Row], t: Translate) -> tuple[Tile, ...]:
    grave = sum(1 for row in open_ones if row["severity"] in ("critical", "error"))
    return (
        Tile(t("bulletin.open"), formats.count(len(open_ones)), t("bulletin.open_definition"), t("unit.problems")),
        Tile(t("bulletin.grave"), formats.count(grave), t("bulletin.grave_definition"), t("unit.problems")),
        Tile(t("bulletin.resolved"), formats.count(len(resolved)), t("bulletin.resolved_definition"), t("unit.problems")),
    )  # fmt: skip


def _open(view: View, rows: list[Row], t: Translate) -> tuple[Block, ...]:
    if not rows:
        return (Message(t("missing.no_problems"), "good"),)
    table = _table(view, rows, _COLUMNS, "problems_open", t("bulletin.open_table"), t("bulletin.definition"), t)
    answers = [t.code("problem_todo", row["kind"]) for row in rows]
    figure = problems_by_kind(view, rows, "problem_bulletin", t)
    return figure, with_column(table, len(_COLUMNS), Column(t("bulletin.what_to_do"), needs_room=True), answers)


def _resolved(view: View, rows: list[Row], t: Translate) -> Block:
    if not rows:
        return Message(t("bulletin.none_resolved"))
    columns = (*_COLUMNS, "resolved_on")
    return _table(view, rows, columns, "problems_resolved", t("bulletin.resolved_table"), "", t)


def _table(
    view: View, rows: list[Row], columns: tuple[str, ...], name: str, title: str, definition: str, t: Translate
) -> Table:
    return mart_table(
        view,
        t,
        "problem_bulletin",
        rows,
        columns,
        name=name,
        queries=("problem_bulletin",),
        title=title,
        definition=definition,
        marks={"severity": lambda row: SEVERITY_TONES.get(row["severity"], "neutral")},
        links={
            "outlet_id": lambda row: None if row["outlet_id"] is None else Target.to("outlet", outlet=row["outlet_id"])
        },
    )


BULLETIN_PAGE = PageSpec(
    BULLETIN,
    "analysts",
    bulletin,
    queries=("dimension_names", "problem_bulletin", "problem_kinds"),
    params=("unit", "outlet", "kind", "severity"),
    also=frozenset({Role.OUTLET, Role.FINANCE, Role.ENGINEER}),
)
