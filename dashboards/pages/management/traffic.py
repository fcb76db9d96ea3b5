"""Trunk traffic: where circuits run short, and when the branch talks. Reads the published edition only."""

from __future__ import annotations

from collections import defaultdict

from dashboards import formats
from dashboards.figures.style import wrapped
from dashboards.figures.traffic import hourly_lines, trunk_group_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import how, missing_marts, name_of
from dashboards.pages.management.scope_note import branch_only
from dashboards.pages.model import Block, Cell, Column, Figure, Linked, Mark, Message, Named, Section, Table, Target
from dashboards.view import Period, Row, View

GROUPS_SHOWN = 10


def trunk_traffic(view: View, period: Period, t: Translate) -> Section:
    """The busiest trunk groups and the shape of the day, in the days of a period."""
    days = {"first_day": formats.day(period.first_day), "last_day": formats.day(period.last_day)}
    return Section(
        "traffic",
        t("traffic.title", **days),
        blocks=(*_busiest(view, period, days, t), *_by_hour(view, period, days, t)),
    )


def _busiest(view: View, period: Period, days: dict[str, str], t: Translate) -> tuple[Block, ...]:
    absent = missing_marts(view, t, "trunk_groups_busiest")
    if absent is not None:
        return (absent,)
    rows = view.query(
        "trunk_groups_busiest", first_day=period.first_day, last_day=period.last_day, at_most=GROUPS_SHOWN
    )
    if not rows:
        return (branch_only(view, t) or Message(t("missing.no_traffic", **days)),)
    groups = [(name_of(view, "trunk_group", row["trunk_group_id"], t), row) for row in rows]

    def to_group(row: Row) -> Target:
        return Target.to("traffic", trunk_group=row["trunk_group_id"], period=period.code)

    table = Table(
        columns=(
            Column(t("traffic.trunk_group"), id_label=t("site.id_of", label=t("traffic.trunk_group"))),
            Column(t("traffic.date"), "day"),
            Column(t("traffic.busy_hour"), "hour"),
            Column(t("traffic.busy_hour_load"), "decimal"),
            Column(t("traffic.circuits"), "count"),
            Column(t("traffic.circuits_needed"), "count"),
            Column(t("traffic.utilisation"), "percent"),
            Column(t("traffic.blocking"), "percent"),
            Column(t("traffic.asr"), "percent"),
        ),
        rows=tuple(_group_row(Linked(Named(name, row["trunk_group_id"]), to_group(row)), row) for name, row in groups),
        title=t("traffic.busiest_table"),
        name="busiest_trunk_groups",
        how=how(t, "trunk_groups_busiest"),
    )
    return (
        Figure(
            trunk_group_bars(groups, t),
            t("traffic.busiest"),
            t("traffic.busiest_definition"),
            table,
            links=tuple((wrapped(name), to_group(row)) for name, row in groups),
        ),
    )


def _group_row(name: Linked, row: Row) -> tuple[Cell, ...]:
    needed = row["circuits_needed"]
    is_short = row["circuits"] is not None and row["circuits_needed"] > row["circuits"]
    return (
        name,
        row["date"],
        row["busy_hour"],
        row["busy_hour_erlangs"],
        row["circuits"],
        Mark(needed, "bad") if is_short else needed,
        row["utilisation"],
        row["blocking"],
        row["asr"],
    )


def _by_hour(view: View, period: Period, days: dict[str, str], t: Translate) -> tuple[Block, ...]:
    absent = missing_marts(view, t, "traffic_by_hour_of_day")
    if absent is not None:
        return (absent,)
    shapes: dict[str, list[float]] = defaultdict(lambda: [0.0] * 24)
    for row in view.query("traffic_by_hour_of_day", first_day=period.first_day, last_day=period.last_day):
        kind = "weekend" if row["is_weekend"] else "workday"
        shapes[kind][row["hour_of_day"]] = int(row["conversation_seconds"]) / (3600 * row["days"])
    if not shapes:
        return ()
    kinds = [kind for kind in ("workday", "weekend") if kind in shapes]
    table = Table(
        columns=(Column(t("traffic.hour"), "hour"), *(Column(t(f"traffic.{kind}"), "decimal") for kind in kinds)),
        rows=tuple((hour, *(shapes[kind][hour] for kind in kinds)) for hour in range(24)),
        title=t("traffic.hourly_table"),
        name="traffic_by_hour_of_day",
        how=how(t, "traffic_by_hour_of_day"),
    )
    return (
        Figure(
            hourly_lines(shapes, t), t("traffic.hourly"), t("traffic.hourly_definition"), table, is_data_shown=False
        ),
    )
