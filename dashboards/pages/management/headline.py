"""The branch's figures of a period, as tiles: each against the period before and with its last months as a small line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.frame import missing_marts
from dashboards.pages.management.risk import set_aside_by_month
from dashboards.pages.model import Message, Section, Target, Tile
from dashboards.view import Period, Row, View

MONTHS = 12


def headline(view: View, period: Period, t: Translate) -> Section:
    """Money, customers and calls of the period, what intake set aside, and what is open on the as-of date."""
    if view.complete_period is None:
        absent = missing_marts(view, t, "collection_periods")
        sentence = absent or Message(t("missing.no_period", as_of=formats.day(view.as_of)))
        return Section("headline", t("headline.title_none"), blocks=(sentence,))
    tiles: list[Tile] = []
    messages: list[Message] = []
    for query, drawn in (
        ("branch_by_period", _money_tiles),
        ("rated_calls_by_period", _call_tiles),
        ("intake_by_month", _set_aside_tiles),
        ("problems_count", _problem_tiles),
        ("commission_of_newest", _commission_tiles),
    ):
        absent = missing_marts(view, t, query)
        if absent is None:
            tiles.extend(drawn(view, period, t))
        elif absent not in messages:
            messages.append(absent)
    kind = "headline.intro_running" if period == view.running_period else "headline.intro"
    intro = t(
        kind,
        period=period.code,
        issued_on=formats.day(period.issued_on),
        due_on=formats.day(period.due_on),
        as_of=formats.day(view.as_of),
    )
    return Section("headline", t("headline.title", period=period.code), intro, tuple(tiles), tuple(messages))


def first_of(period: Period, months: int = MONTHS) -> Period:
    """The first of so many months that end with a period."""
    first = period
    for _ in range(months - 1):
        first = first.before
    return first


def rates_at_same_age(view: View, period: Period) -> tuple[Row, Row] | None:
    """Receivable and received of a period as of now, and of the one before when its bills were as old; None without either."""
    if view.lacks("collection_rate_by_day"):
        return None
    same_day = period.before.issued_on + (view.as_of - period.issued_on)
    now = view.one("collection_rate_by_day", period=period.code, up_to=view.as_of)
    before = view.one("collection_rate_by_day", period=period.before.code, up_to=same_day)
    return (now, before) if now["receivable"] and before["receivable"] else None


def _spark(values: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """The small line of a tile: period and value, empty ones left out."""
    return tuple((code, float(value)) for code, value in sorted(values.items()) if value is not None)


def _money_tiles(view: View, period: Period, t: Translate) -> Sequence[Tile]:
    rows = view.query("branch_by_period", first_period=first_of(period).code, last_period=period.code)
    found = {row["billing_period"]: row for row in rows}
    now, before = found.get(period.code), found.get(period.before.code)
    if now is None:
        return ()
    rates = {code: formats.ratio_of(row["received"], row["receivable"]) for code, row in found.items()}

    def tile(name: str, written: Callable[[Any], str], unit: str, link: Target) -> Tile:
        notes = (
            () if before is None else (t("headline.before", period=period.before.code, value=written(before[name])),)
        )
        return Tile(
            t(f"headline.{name}"),
            written(now[name]),
            t(f"headline.{name}_definition"),
            t(f"unit.{unit}"),
            notes,
            link=link,
            spark=_spark({code: row[name] for code, row in found.items()}),
        )

    return (
        tile("receivable", formats.money, "yuan", Target.to("bills", period=period.code)),
        tile("received", formats.money, "yuan", Target.to("receivables")),
        Tile(
            t("headline.rate"),
            formats.percent(rates[period.code]),
            t("headline.rate_definition"),
            notes=_rate_notes(view, period, rates, t),
            link=Target.to("unit", period=period.code),
            spark=_spark(rates),
        ),
        tile("customers", formats.count, "customers", Target.to("customers", period=period.code)),
    )


def _rate_notes(view: View, period: Period, rates: Mapping[str, Any], t: Translate) -> tuple[str, ...]:
    rate, rate_before = rates[period.code], rates.get(period.before.code)
    if rate is None or rate_before is None:
        return (t("headline.rate_change_none", period=period.before.code),)
    change = t("headline.rate_change", change=formats.points(rate - rate_before), period=period.before.code)
    # The older period has had a month more to be paid; only at an equal age of the bills is the comparison fair.
    at_same_age = rates_at_same_age(view, period)
    if at_same_age is None:
        return (change,)
    now, then = (formats.ratio_of(row["received"], row["receivable"]) for row in at_same_age)
    if now is None or then is None:
        return (change,)
    same_day = period.before.issued_on + (view.as_of - period.issued_on)
    same_age = t(
        "headline.rate_same_age",
        change=formats.points(now - then),
        period=period.before.code,
        day=formats.day(same_day),
    )
    return (change, same_age)


def _call_tiles(view: View, period: Period, t: Translate) -> Sequence[Tile]:
    rows = view.query("rated_calls_by_period", first_period=first_of(period).code, last_period=period.code)
    found = {row["billing_period"]: row for row in rows}
    now, before = found.get(period.code), found.get(period.before.code)
    seconds = 0 if now is None else now["conversation_seconds"]
    notes = [t("headline.call_minutes", minutes=formats.minutes(seconds))]
    # A period before the first has nothing to say; a 0 there would read as a jump from nothing.
    if before is not None:
        notes.append(t("headline.before", period=period.before.code, value=formats.count(before["calls"])))
    return (
        Tile(
            t("headline.calls"),
            formats.count(0 if now is None else now["calls"]),
            t("headline.calls_definition"),
            t("unit.calls"),
            tuple(notes),
            link=Target.to("exchanges", period=period.code),
            spark=_spark({code: row["calls"] for code, row in found.items()}),
        ),
    )


def _set_aside_tiles(view: View, period: Period, t: Translate) -> Sequence[Tile]:
    months = set_aside_by_month(view, period)
    read, aside = next(((each.read, each.aside) for each in months if each.month == period.code), (0, 0))
    share = formats.ratio_of(aside, read)
    return (
        Tile(
            t("headline.set_aside"),
            formats.count(aside),
            t("headline.set_aside_definition"),
            t("unit.records"),
            (t("headline.set_aside_share", share=formats.percent(share), read=formats.count(read)),),
            link=Target.to("risk", period=period.code),
            spark=_spark({each.month: each.share for each in months}),
        ),
    )


def _commission_tiles(view: View, period: Period, t: Translate) -> Sequence[Tile]:
    rows = view.query("commission_of_newest")
    if not rows:
        return ()
    row = rows[0]
    return (
        Tile(
            t("headline.commission"),
            formats.money(row["amount"]),
            t("headline.commission_definition"),
            t("unit.yuan"),
            (
                t(
                    "headline.commission_note",
                    period=row["settlement_period"],
                    statements=formats.count(row["statements"]),
                ),
            ),
            link=Target.to("commission"),
        ),
    )


def _problem_tiles(view: View, period: Period, t: Translate) -> Sequence[Tile]:
    row = view.one("problems_count")
    return (
        Tile(
            t("headline.problems"),
            formats.count(row["problems"]),
            t("problems.definition"),
            t("unit.problems"),
            (t("headline.problems_note", grave=formats.count(row["grave"])),),
            link=Target.to("bulletin"),
        ),
    )
