"""Traffic by exchange and by customer class: how much, how many attempts were answered, and how long calls last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import formats
from dashboards.figures.series import lines
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.frame import how, missing_marts, name_of
from dashboards.pages.management.scope_note import branch_only
from dashboards.pages.model import Cell, Column, Content, Figure, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, sum_of, value_of
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, Row, View
from orchestration.access.roles import Role


def exchanges(view: View, params: Params) -> Content:
    """All exchanges and classes in a period; with an exchange, its days."""
    t = params.t
    period = params.period(view)
    exchange = _chosen(view, params)
    filters = (
        frame.period_filter(view, params, "exchanges"),
        frame.member_filter(view, params, "exchanges", "exchange", "exchange"),
    )
    if exchange is None:
        return Content((_by(_EXCHANGES, view, period, t), _by(_CLASSES, view, period, t)), filters)
    name = name_of(view, "exchange", exchange, t)
    return Content(
        (_days(view, period, exchange, t),),
        filters,
        heading=f"{t('pages.exchanges.title')} · {name}",
        subheading=t("exchanges.intro_one", exchange=name, period=period.code),
    )


def _chosen(view: View, params: Params) -> str | None:
    exchange = params.get("exchange")
    if exchange is None or ("exchange", exchange) in view.names:
        return exchange
    known = () if view.lacks("exchanges_with_traffic") else view.query("exchanges_with_traffic")
    if exchange not in {row["exchange_id"] for row in known}:
        raise UnknownParameter("exchange", exchange)
    return exchange


@dataclass(frozen=True)
class _Kind:
    """By what traffic is summed: the mart with its key, the queries over it, and the word in texts and names."""

    mart: str
    key: str
    sums_query: str
    days_query: str
    word: str


_EXCHANGES = _Kind("traffic_by_exchange", "exchange_id", "exchanges_of_days", "exchange_days", "exchange")
_CLASSES = _Kind("traffic_by_customer_class", "customer_class", "classes_of_days", "class_days", "class")


def _by(kind: _Kind, view: View, period: Period, t: Translate) -> Section:
    title = t(f"exchanges.by_{kind.word}", period=period.code)
    section_id = f"by_{kind.word}"
    absent = missing_marts(view, t, kind.sums_query, kind.days_query)
    if absent is not None:
        return Section(section_id, title, blocks=(absent,))
    days = {"first_day": period.first_day, "last_day": period.last_day}
    rows = view.query(kind.sums_query, **days)
    if not rows:
        return Section(section_id, title, blocks=(_no_traffic(view, period, t),))
    by_day = view.query(kind.days_query, **days, **({"exchange": None} if kind is _EXCHANGES else {}))
    table = _period_table(kind, view, rows, period, t)
    return Section(section_id, title, blocks=(table, *_figures(kind, view, by_day, t)), is_paired=False)


def _no_traffic(view: View, period: Period, t: Translate) -> Message:
    days = {"first_day": formats.day(period.first_day), "last_day": formats.day(period.last_day)}
    return branch_only(view, t) or Message(t("exchanges.no_traffic", **days))


def _period_table(kind: _Kind, view: View, rows: Sequence[Row], period: Period, t: Translate) -> Table:
    """The sums of a period with a foot whose ratios are those of its sums."""
    name = "by_exchange" if kind is _EXCHANGES else "by_customer_class"
    links = (
        {kind.key: lambda row: Target.to("exchanges", exchange=row["exchange_id"], period=period.code)}
        if kind is _EXCHANGES
        else None
    )
    table = mart_table(
        view,
        t,
        kind.mart,
        rows,
        (kind.key, "seizures", "answers", "asr", "conversation_seconds", "acd_seconds", "erlangs"),
        name=name,
        queries=(kind.sums_query,),
        title=t(f"exchanges.{name}_table"),
        definition=t("exchanges.sums_definition"),
        links=links,
    )
    seizures, answers, seconds = (sum_of(rows, each) for each in ("seizures", "answers", "conversation_seconds"))
    foot: tuple[Cell, ...] = (
        t("site.total"),
        seizures,
        answers,
        formats.ratio_of(answers, seizures),
        seconds,
        formats.ratio_of(seconds, answers),
        formats.ratio_of(seconds, 3600),
    )
    return Table(table.columns, table.rows, table.title, table.definition, foot, table.name, table.how)


def _figures(kind: _Kind, view: View, rows: Sequence[Row], t: Translate) -> tuple[Figure, ...]:
    """Traffic volume and ASR by day, a line per member."""
    days = sorted({row["date"] for row in rows})
    found: dict[str, dict[object, Row]] = defaultdict(dict)
    for row in rows:
        found[row[kind.key]][row["date"]] = row
    members = sorted(found, key=lambda member: (-sum(row["erlangs"] for row in found[member].values()), member))
    names = {
        member: formats.written(value_of(view, kind.mart, kind.key, {kind.key: member}, t), "text", t)
        for member in members
    }
    figures = []
    for measure, title in (("erlangs", "volume"), ("asr", "asr")):
        column = head(kind.mart, measure, t)
        table = Table(
            columns=(
                Column(t("traffic.date"), "day"),
                *(Column(names[member], column.kind, column.unit) for member in members),
            ),
            rows=tuple(
                (day, *(found[member][day][measure] if day in found[member] else None for member in members))
                for day in days
            ),
            title=t(f"exchanges.{title}_by_day"),
            name=f"{kind.word}_{measure}_by_day",
            how=how(t, kind.days_query),
        )
        figure = lines(
            [
                (
                    names[member],
                    [formats.day(day) for day in days if day in found[member]],
                    [found[member][day][measure] for day in days if day in found[member]],
                )
                for member in members
            ],
            x_title=t("traffic.date"),
            y_title=t(f"exchanges.axis_{title}"),
            at="day",
            is_share=measure == "asr",
            is_from_zero=measure != "asr",
        )
        figures.append(
            Figure(
                figure, t(f"exchanges.{title}_by_day"), t(f"exchanges.{title}_definition"), table, is_data_shown=False
            )
        )
    return tuple(figures)


def _days(view: View, period: Period, exchange: str, t: Translate) -> Section:
    title = t("exchanges.days", period=period.code)
    absent = missing_marts(view, t, "exchange_days")
    if absent is not None:
        return Section("days", title, blocks=(absent,))
    rows = view.query("exchange_days", first_day=period.first_day, last_day=period.last_day, exchange=exchange)
    if not rows:
        return Section("days", title, blocks=(_no_traffic(view, period, t),))
    days = [formats.day(row["date"]) for row in rows]
    table = mart_table(
        view,
        t,
        "traffic_by_exchange",
        rows,
        ("date", "seizures", "answers", "asr", "ner", "conversation_seconds", "acd_seconds", "erlangs"),
        name="days",
        queries=("exchange_days",),
        title=t("exchanges.days_table"),
        definition=t("exchanges.days_definition"),
    )
    seizures, answers, seconds = (sum_of(rows, each) for each in ("seizures", "answers", "conversation_seconds"))
    foot: tuple[Cell, ...] = (
        t("site.total"),
        seizures,
        answers,
        formats.ratio_of(answers, seizures),
        # The parts of NER are not published, and a mean of days would not be the period's.
        None,
        seconds,
        formats.ratio_of(seconds, answers),
        formats.ratio_of(seconds, 3600),
    )
    table = Table(table.columns, table.rows, table.title, table.definition, foot, table.name, table.how)
    shares = lines(
        [(head("traffic_by_exchange", name, t).label, days, [row[name] for row in rows]) for name in ("asr", "ner")],
        x_title=t("traffic.date"),
        y_title=t("exchanges.axis_shares"),
        at="day",
        is_share=True,
        is_from_zero=False,
    )
    volume = lines(
        [(head("traffic_by_exchange", "erlangs", t).label, days, [row["erlangs"] for row in rows])],
        x_title=t("traffic.date"),
        y_title=t("exchanges.axis_volume"),
        at="day",
    )
    return Section(
        "days",
        title,
        blocks=(
            Figure(volume, t("exchanges.volume_by_day"), t("exchanges.volume_definition"), table),
            Figure(shares, t("exchanges.shares_by_day"), t("exchanges.shares_definition")),
        ),
        is_paired=False,
    )


EXCHANGES = PageSpec(
    "exchanges",
    "management",
    exchanges,
    queries=(
        "billing_periods", "class_days", "classes_of_days", "collection_periods", "dimension_names", "exchange_days",
        "exchanges_of_days", "exchanges_with_traffic",
    ),
    params=("period", "exchange"),
    also=frozenset({Role.ENGINEER}),
)  # fmt: skip
