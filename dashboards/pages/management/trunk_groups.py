"""The page of trunk traffic: load by hour and trunk group, circuits, and one trunk group day by day.

Its sections on the busiest trunk groups are those of traffic.py, which the overview shares.
"""

from __future__ import annotations

from collections import defaultdict

from dashboards import formats
from dashboards.figures.style import wrapped
from dashboards.figures.traffic import circuits_lines, load_heatmap
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.frame import how, missing_marts, name_of, named
from dashboards.pages.management.scope_note import branch_only
from dashboards.pages.management.traffic import trunk_traffic
from dashboards.pages.model import Column, Content, Figure, Linked, Message, Section, Table, Target, Tone
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, Row, View
from orchestration.access.roles import Role

_MONTHS = 12
_HOURS = [f"{hour:02d}" for hour in range(24)]


def traffic(view: View, params: Params) -> Content:
    """All trunk groups in a period; with a trunk group, its months, days and hours."""
    t = params.t
    period = params.period(view)
    trunk_group = _chosen(view, params)
    filters = (
        frame.period_filter(view, params, "traffic"),
        frame.member_filter(view, params, "traffic", "trunk_group", "trunk_group"),
    )
    if trunk_group is None:
        return Content(
            (
                _heat(view, period, t),
                trunk_traffic(view, period, t),
                _groups(view, period, t),
                _by_month(view, period, t),
            ),
            filters,
        )
    name = name_of(view, "trunk_group", trunk_group, t)
    return Content(
        (
            _hours(view, period, trunk_group, t),
            _days(view, period, trunk_group, t),
            _months(view, period, trunk_group, t),
        ),
        filters,
        heading=f"{t('pages.traffic.title')} · {name}",
        subheading=t("trunks.group_intro", trunk_group=name, period=period.code),
    )


def _chosen(view: View, params: Params) -> str | None:
    trunk_group = params.get("trunk_group")
    if trunk_group is None or ("trunk_group", trunk_group) in view.names:
        return trunk_group
    known = () if view.lacks("trunk_groups_with_traffic") else view.query("trunk_groups_with_traffic")
    if trunk_group not in {row["trunk_group_id"] for row in known}:
        raise UnknownParameter("trunk_group", trunk_group)
    return trunk_group


def _target(trunk_group: str, period: Period) -> Target:
    return Target.to("traffic", trunk_group=trunk_group, period=period.code)


def _no_traffic(view: View, period: Period, t: Translate) -> Message:
    days = {"first_day": formats.day(period.first_day), "last_day": formats.day(period.last_day)}
    return branch_only(view, t) or Message(t("missing.no_traffic", **days))


def _heat(view: View, period: Period, t: Translate) -> Section:
    title = t("trunks.heat", period=period.code)
    absent = missing_marts(view, t, "trunk_load_by_hour_of_day")
    if absent is not None:
        return Section("heat", title, blocks=(absent,))
    loads: dict[str, dict[int, float]] = defaultdict(dict)
    for row in view.query(
        "trunk_load_by_hour_of_day", first_day=period.first_day, last_day=period.last_day, trunk_group=None
    ):
        loads[row["trunk_group_id"]][row["hour_of_day"]] = row["erlangs"]
    if not loads:
        return Section("heat", title, blocks=(_no_traffic(view, period, t),))
    groups = sorted(loads, key=lambda group: (-max(loads[group].values()), group))
    names = [name_of(view, "trunk_group", group, t) for group in groups]
    lines = [[loads[group].get(hour) for hour in range(24)] for group in groups]
    label = t("traffic.trunk_group")
    table = Table(
        columns=(
            Column(label, id_label=t("site.id_of", label=label)),
            *(Column(hour, "decimal", t("unit.erlangs")) for hour in _HOURS),
        ),
        rows=tuple(
            (Linked(named(view, "trunk_group", group, t), _target(group, period)), *line)
            for group, line in zip(groups, lines, strict=True)
        ),
        title=t("trunks.heat_table"),
        name="load_by_hour_of_day",
        how=how(t, "trunk_load_by_hour_of_day"),
    )
    figure = Figure(
        load_heatmap(names, _HOURS, lines, t("traffic.axis_hour"), t),
        title,
        t("trunks.heat_definition"),
        table,
        is_data_shown=False,
        links=tuple((wrapped(name), _target(group, period)) for name, group in zip(names, groups, strict=True)),
    )
    return Section("heat", title, blocks=(figure,))


def _groups(view: View, period: Period, t: Translate) -> Section:
    title = t("trunks.groups", period=period.code)
    absent = missing_marts(view, t, "trunk_groups_of_days")
    if absent is not None:
        return Section("groups", title, blocks=(absent,))
    rows = view.query("trunk_groups_of_days", first_day=period.first_day, last_day=period.last_day)
    if not rows:
        return Section("groups", title, blocks=(_no_traffic(view, period, t),))
    measured = mart_table(
        view,
        t,
        "trunk_traffic_daily",
        rows,
        (
            "trunk_group_id", "seizures", "answers", "asr", "date", "busy_hour", "busy_hour_erlangs", "circuits",
            "circuits_needed",
        ),
        name="trunk_groups",
        queries=("trunk_groups_of_days",),
        links={"trunk_group_id": lambda row: _target(row["trunk_group_id"], period)},
        marks={"circuits_needed": _shortage},
    )  # fmt: skip
    table = Table(
        columns=(*measured.columns, Column(t("trunks.days_short"), "count")),
        rows=tuple((*cells, row["days_short"]) for cells, row in zip(measured.rows, rows, strict=True)),
        title=t("trunks.groups_table"),
        definition=t("trunks.groups_definition"),
        name=measured.name,
        how=measured.how,
    )
    return Section("groups", title, blocks=(table,))


def _shortage(row: Row) -> Tone | None:
    return "bad" if row["circuits"] is not None and row["circuits_needed"] > row["circuits"] else None


def _by_month(view: View, period: Period, t: Translate) -> Section:
    title = t("trunks.months")
    absent = missing_marts(view, t, "trunk_months")
    if absent is not None:
        return Section("months", title, blocks=(absent,))
    rows = _month_rows(view, period, None)
    if not rows:
        return Section("months", title, blocks=(branch_only(view, t) or Message(t("trunks.no_month")),))
    months = sorted({row["month"] for row in rows})
    loads = {(row["trunk_group_id"], row["month"]): row for row in rows}
    groups = list(dict.fromkeys(row["trunk_group_id"] for row in rows))
    label = t("traffic.trunk_group")
    load, needed = t("traffic.busy_hour_load"), t("traffic.circuits_needed")

    def cells(group: str) -> list[float | int | None]:
        of_months = [loads.get((group, month)) for month in months]
        return [
            None if row is None else row[name] for row in of_months for name in ("busy_hour_erlangs", "circuits_needed")
        ]

    table = Table(
        columns=(
            Column(label, id_label=t("site.id_of", label=label)),
            *(
                column
                for month in months
                for column in (Column(f"{month} {load}", "decimal"), Column(f"{month} {needed}", "count"))
            ),
        ),
        rows=tuple(
            (Linked(named(view, "trunk_group", group, t), _target(group, period)), *cells(group)) for group in groups
        ),
        title=t("trunks.months_table"),
        definition=t("trunks.months_definition"),
        name="busy_hour_by_month",
        how=how(t, "trunk_months"),
    )
    return Section("months", title, blocks=(table,))


def _month_rows(view: View, period: Period, trunk_group: str | None) -> list[Row]:
    first = period
    for _ in range(_MONTHS - 1):
        first = first.before
    return view.query("trunk_months", first_month=first.code, last_month=period.code, trunk_group=trunk_group)


def _hours(view: View, period: Period, trunk_group: str, t: Translate) -> Section:
    title = t("trunks.hours", period=period.code)
    absent = missing_marts(view, t, "trunk_hours")
    if absent is not None:
        return Section("hours", title, blocks=(absent,))
    loads: dict[str, dict[int, float]] = defaultdict(dict)
    for row in view.query("trunk_hours", first_day=period.first_day, last_day=period.last_day, trunk_group=trunk_group):
        loads[formats.day(row["date"])][row["hour_of_day"]] = row["erlangs"]
    if not loads:
        return Section("hours", title, blocks=(_no_traffic(view, period, t),))
    days = sorted(loads)
    lines = [[loads[day].get(hour) for hour in range(24)] for day in days]
    table = Table(
        columns=(Column(t("traffic.date")), *(Column(hour, "decimal", t("unit.erlangs")) for hour in _HOURS)),
        rows=tuple((day, *line) for day, line in zip(days, lines, strict=True)),
        title=t("trunks.hours_table"),
        name="load_by_day_and_hour",
        how=how(t, "trunk_hours"),
    )
    figure = load_heatmap(days, _HOURS, lines, t("traffic.axis_hour"), t)
    drawn = Figure(figure, title, t("trunks.hours_definition"), table, is_data_shown=False)
    return Section("hours", title, blocks=(drawn,))


def _days(view: View, period: Period, trunk_group: str, t: Translate) -> Section:
    title = t("trunks.days", period=period.code)
    absent = missing_marts(view, t, "trunk_days")
    if absent is not None:
        return Section("days", title, blocks=(absent,))
    rows = view.query("trunk_days", first_day=period.first_day, last_day=period.last_day, trunk_group=trunk_group)
    if not rows:
        return Section("days", title, blocks=(_no_traffic(view, period, t),))
    table = mart_table(
        view,
        t,
        "trunk_traffic_daily",
        rows,
        (
            "date", "seizures", "answers", "asr", "ner", "acd_seconds", "busy_hour", "busy_hour_erlangs", "circuits",
            "circuits_needed", "utilisation", "blocking",
        ),
        name="days",
        queries=("trunk_days",),
        title=t("trunks.days_table"),
        marks={"circuits_needed": _shortage},
    )  # fmt: skip
    figure = circuits_lines(
        [formats.day(row["date"]) for row in rows],
        {
            "busy_hour_load": [row["busy_hour_erlangs"] for row in rows],
            "circuits_needed": [row["circuits_needed"] for row in rows],
            "circuits": [row["circuits"] for row in rows],
        },
        t("traffic.date"),
        t,
        is_day=True,
    )
    return Section("days", title, blocks=(Figure(figure, title, t("trunks.days_definition"), table),))


def _months(view: View, period: Period, trunk_group: str, t: Translate) -> Section:
    title = t("trunks.months")
    absent = missing_marts(view, t, "trunk_months")
    if absent is not None:
        return Section("months", title, blocks=(absent,))
    rows = _month_rows(view, period, trunk_group)
    if not rows:
        return Section("months", title, blocks=(branch_only(view, t) or Message(t("trunks.no_month")),))
    table = mart_table(
        view,
        t,
        "trunk_traffic_monthly",
        rows,
        ("month", "busy_hour", "busy_hour_erlangs", "days_with_traffic", "circuits_needed"),
        name="months",
        queries=("trunk_months",),
        title=t("trunks.months_table"),
        links={
            "month": lambda row: _target(trunk_group, Period(row["month"])) if row["month"] in view.periods else None,
        },
    )
    figure = circuits_lines(
        [row["month"] for row in rows],
        {
            "busy_hour_load": [row["busy_hour_erlangs"] for row in rows],
            "circuits_needed": [row["circuits_needed"] for row in rows],
        },
        t("trunks.month"),
        t,
        is_day=False,
    )
    return Section("months", title, blocks=(Figure(figure, title, t("trunks.months_definition"), table),))


TRAFFIC = PageSpec(
    "traffic",
    "management",
    traffic,
    queries=(
        "billing_periods", "collection_periods", "dimension_names", "traffic_by_hour_of_day", "trunk_days",
        "trunk_groups_busiest", "trunk_groups_of_days", "trunk_groups_with_traffic", "trunk_hours",
        "trunk_load_by_hour_of_day", "trunk_months",
    ),
    params=("period", "trunk_group"),
    also=frozenset({Role.ENGINEER}),
)  # fmt: skip
