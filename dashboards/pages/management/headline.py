"""The branch's figures of a period, as tiles, each against the period before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.frame import missing_marts
from dashboards.pages.model import Message, Section, Table, Target, Tile
from dashboards.pages.tables import mart_table
from dashboards.view import Period, Row, View


def headline(view: View, period: Period, t: Translate) -> Section:
    """Receivable, received, collection rate, bills, customers, calls, minutes, and what intake set aside."""
    if view.complete_period is None:
        absent = missing_marts(view, t, "collection_periods")
        sentence = absent or Message(t("missing.no_period", as_of=formats.day(view.as_of)))
        return Section("headline", t("headline.title_none"), blocks=(sentence, *_periods(view, t)))
    tiles = [*_money_tiles(view, period, t)]
    messages = []
    for query, tile in (
        ("customers_of_period", _customers_tile),
        ("rated_calls_of_period", _calls_tile),
        ("rated_calls_of_period", _minutes_tile),
        ("intake_of_days", _set_aside_tile),
    ):
        absent = missing_marts(view, t, query)
        if absent is None:
            tiles.append(tile(view, period, t))
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
    return Section(
        "headline", t("headline.title", period=period.code), intro, tuple(tiles), (*messages, *_periods(view, t))
    )


def _periods(view: View, t: Translate) -> tuple[Table, ...]:
    """Which periods are closed, open and provisional; nothing where the edition does not say."""
    rows = () if view.lacks("billing_periods") else view.query("billing_periods")
    if not rows:
        return ()
    return (
        mart_table(
            view,
            t,
            "billing_periods",
            rows,
            ("billing_period", "period_state", "issued_on", "due_on"),
            name="billing_periods",
            queries=("billing_periods",),
            title=t("headline.periods"),
            definition=t("headline.periods_definition"),
            links={"billing_period": lambda row: Target.to(frame.OVERVIEW, period=row["billing_period"])},
        ),
    )


def _money_tiles(view: View, period: Period, t: Translate) -> tuple[Tile, ...]:
    now = _branch(view, period)
    before = _branch(view, period.before)
    if now is None:
        return ()

    def against(field: str, written: Callable[[Any], str]) -> tuple[str, ...]:
        return (
            () if before is None else (t("headline.before", period=period.before.code, value=written(before[field])),)
        )

    return (
        Tile(
            t("headline.receivable"),
            formats.money(now["receivable"]),
            t("headline.receivable_definition"),
            t("unit.yuan"),
            against("receivable", formats.money),
        ),
        Tile(
            t("headline.received"),
            formats.money(now["received"]),
            t("headline.received_definition"),
            t("unit.yuan"),
            against("received", formats.money),
        ),
        Tile(
            t("headline.rate"),
            formats.percent(now["collection_rate"]),
            t("headline.rate_definition"),
            notes=_rate_notes(view, period, now, before, t),
        ),
        Tile(
            t("headline.bills"),
            formats.count(now["bills"]),
            t("headline.bills_definition"),
            t("unit.bills"),
            against("bills", formats.count),
        ),
    )


def _rate_notes(view: View, period: Period, now: Row, before: Row | None, t: Translate) -> tuple[str, ...]:
    rate = now["collection_rate"]
    if rate is None or before is None or before["collection_rate"] is None:
        return (t("headline.rate_change_none", period=period.before.code),)
    change = t(
        "headline.rate_change", change=formats.points(rate - before["collection_rate"]), period=period.before.code
    )
    if view.lacks("collection_rate_by_day"):
        return (change,)
    # The older period has had a month more to be paid; only at an equal age of the bills is the comparison fair.
    same_day = period.before.issued_on + (view.as_of - period.issued_on)
    totals = view.one("collection_rate_by_day", period=period.before.code, up_to=same_day)
    rate_then = formats.ratio_of(totals["received"], totals["receivable"])
    rate_now = formats.ratio_of(now["received"], now["receivable"])
    if rate_then is None or rate_now is None:
        return (change,)
    same_age = t(
        "headline.rate_same_age",
        change=formats.points(rate_now - rate_then),
        period=period.before.code,
        day=formats.day(same_day),
    )
    return (change, same_age)


def _customers_tile(view: View, period: Period, t: Translate) -> Tile:
    def customers(of: Period) -> int:
        return int(view.one("customers_of_period", period=of.code)["customers"])

    return Tile(
        t("headline.customers"),
        formats.count(customers(period)),
        t("headline.customers_definition"),
        t("unit.customers"),
        _before(period, customers(period.before), formats.count(customers(period.before)), t),
    )


def _calls_tile(view: View, period: Period, t: Translate) -> Tile:
    before = view.one("rated_calls_of_period", period=period.before.code)
    return Tile(
        t("headline.calls"),
        formats.count(view.one("rated_calls_of_period", period=period.code)["calls"]),
        t("headline.calls_definition"),
        t("unit.calls"),
        _before(period, before["calls"], formats.count(before["calls"]), t),
    )


def _minutes_tile(view: View, period: Period, t: Translate) -> Tile:
    before = view.one("rated_calls_of_period", period=period.before.code)
    return Tile(
        t("headline.minutes"),
        formats.minutes(view.one("rated_calls_of_period", period=period.code)["conversation_seconds"]),
        t("headline.minutes_definition"),
        t("unit.minutes"),
        _before(period, before["calls"], formats.minutes(before["conversation_seconds"]), t),
    )


def _set_aside_tile(view: View, period: Period, t: Translate) -> Tile:
    intake = view.one("intake_of_days", first_day=period.first_day, last_day=period.last_day)
    share = formats.ratio_of(intake["set_aside_records"], intake["read_records"])
    return Tile(
        t("headline.set_aside"),
        formats.count(intake["set_aside_records"]),
        t("headline.set_aside_definition"),
        t("unit.records"),
        (t("headline.set_aside_share", share=formats.percent(share), read=formats.count(intake["read_records"])),),
    )


def _before(period: Period, number: int, written: str, t: Translate) -> tuple[str, ...]:
    # A period before the first has nothing to say; a 0 there would read as a jump from nothing.
    return (t("headline.before", period=period.before.code, value=written),) if number else ()


def _branch(view: View, period: Period) -> Row | None:
    rows = view.query("collection_by_dimension", dimension="branch", period=period.code)
    return rows[0] if rows else None
