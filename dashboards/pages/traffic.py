"""Trunk traffic: where circuits run short, and when the branch talks. Reads the published edition only."""

from __future__ import annotations

from collections import defaultdict

from dashboards import formats
from dashboards.edition import Edition, Period, Row
from dashboards.figures.traffic import hourly_lines, trunk_group_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import missing_marts, name_of
from dashboards.pages.model import Block, Cell, Column, Figure, Mark, Message, Section, Table

GROUPS_SHOWN = 10


def trunk_traffic(edition: Edition, t: Translate) -> Section:
    """The busiest trunk groups and the shape of the day, in the complete period (else in the running one)."""
    period = edition.complete_period or Period.of(edition.as_of)
    days = {"first_day": formats.day(period.first_day), "last_day": formats.day(period.last_day)}
    return Section(
        "traffic",
        t("traffic.title", **days),
        blocks=(*_busiest(edition, period, days, t), *_by_hour(edition, period, days, t)),
    )


def _busiest(edition: Edition, period: Period, days: dict[str, str], t: Translate) -> tuple[Block, ...]:
    absent = missing_marts(edition, t, "trunk_groups_busiest")
    if absent is not None:
        return (absent,)
    rows = edition.query(
        "trunk_groups_busiest", first_day=period.first_day, last_day=period.last_day, at_most=GROUPS_SHOWN
    )
    if not rows:
        return (Message(t("missing.no_traffic", **days)),)
    groups = [(name_of(edition, "trunk_group", row["trunk_group_id"], t), row) for row in rows]
    table = Table(
        columns=(
            Column(t("traffic.trunk_group")),
            Column(t("traffic.date")),
            Column(t("traffic.busy_hour")),
            Column(t("traffic.busy_hour_load"), is_figure=True),
            Column(t("traffic.circuits"), is_figure=True),
            Column(t("traffic.circuits_needed"), is_figure=True),
            Column(t("traffic.utilisation"), is_figure=True),
            Column(t("traffic.blocking"), is_figure=True),
            Column(t("traffic.asr"), is_figure=True),
        ),
        rows=tuple(_group_row(name, row) for name, row in groups),
        title=t("traffic.busiest_table"),
    )
    return (Figure(trunk_group_bars(groups, t), t("traffic.busiest"), t("traffic.busiest_definition")), table)


def _group_row(name: str, row: Row) -> tuple[Cell, ...]:
    needed = formats.count(row["circuits_needed"])
    is_short = row["circuits"] is not None and row["circuits_needed"] > row["circuits"]
    return (
        name,
        formats.day(row["date"]),
        formats.hour_of_day(row["busy_hour"]),
        formats.decimal(row["busy_hour_erlangs"]),
        formats.count(row["circuits"]),
        Mark(needed, "bad") if is_short else needed,
        formats.percent(row["utilisation"], 1),
        formats.percent(row["blocking"], 2),
        formats.percent(row["asr"], 1),
    )


def _by_hour(edition: Edition, period: Period, days: dict[str, str], t: Translate) -> tuple[Block, ...]:
    absent = missing_marts(edition, t, "traffic_by_hour_of_day")
    if absent is not None:
        return (absent,)
    shapes: dict[str, list[float]] = defaultdict(lambda: [0.0] * 24)
    for row in edition.query("traffic_by_hour_of_day", first_day=period.first_day, last_day=period.last_day):
        kind = "weekend" if row["is_weekend"] else "workday"
        shapes[kind][row["hour_of_day"]] = int(row["conversation_seconds"]) / (3600 * row["days"])
    if not shapes:
        return ()
    kinds = [kind for kind in ("workday", "weekend") if kind in shapes]
    table = Table(
        columns=(Column(t("traffic.hour")), *(Column(t(f"traffic.{kind}"), is_figure=True) for kind in kinds)),
        rows=tuple(
            (formats.hour_of_day(hour), *(formats.decimal(shapes[kind][hour]) for kind in kinds)) for hour in range(24)
        ),
        title=t("traffic.hourly_table"),
    )
    return (Figure(hourly_lines(shapes, t), t("traffic.hourly"), t("traffic.hourly_definition")), table)
