"""The branch's figures of the newest complete period, as tiles, each against the period before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboards import formats
from dashboards.edition import Edition, Period, Row
from dashboards.i18n import Translate
from dashboards.pages.frame import missing_marts
from dashboards.pages.model import Column, Message, Section, Table, Tile


def headline(edition: Edition, t: Translate) -> Section:
    """Receivable, received, collection rate, bills, customers, calls, minutes, and what intake set aside."""
    period = edition.complete_period
    if period is None:
        absent = missing_marts(edition, t, "collection_periods")
        sentence = absent or Message(t("missing.no_period", as_of=formats.day(edition.as_of)))
        return Section("headline", t("headline.title_none"), blocks=(sentence, *_periods(edition, t)))
    tiles = [*_money_tiles(edition, period, t)]
    messages = []
    for query, tile in (
        ("customers_of_period", _customers_tile),
        ("rated_calls_of_period", _calls_tile),
        ("rated_calls_of_period", _minutes_tile),
        ("intake_of_days", _set_aside_tile),
    ):
        absent = missing_marts(edition, t, query)
        if absent is None:
            tiles.append(tile(edition, period, t))
        elif absent not in messages:
            messages.append(absent)
    intro = t(
        "headline.intro",
        period=period.code,
        issued_on=formats.day(period.issued_on),
        due_on=formats.day(period.due_on),
        running=Period.of(edition.as_of).code,
        as_of=formats.day(edition.as_of),
    )
    return Section(
        "headline", t("headline.title", period=period.code), intro, tuple(tiles), (*messages, *_periods(edition, t))
    )


def _periods(edition: Edition, t: Translate) -> tuple[Table, ...]:
    """Which periods are closed, open and provisional; nothing where the edition does not say."""
    rows = () if edition.lacks("billing_periods") else edition.query("billing_periods")
    if not rows:
        return ()
    columns = ("billing_period", "period_state", "issued_on", "due_on")
    return (
        Table(
            columns=tuple(Column(t(f"headline.{column}")) for column in columns),
            rows=tuple(
                (
                    row["billing_period"],
                    t.code("period_state", row["period_state"]),
                    formats.day(row["issued_on"]),
                    formats.day(row["due_on"]),
                )
                for row in rows
            ),
            title=t("headline.periods"),
            definition=t("headline.periods_definition"),
        ),
    )


def _money_tiles(edition: Edition, period: Period, t: Translate) -> tuple[Tile, ...]:
    now = _branch(edition, period)
    before = _branch(edition, period.before)
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
            notes=_rate_notes(edition, period, now, before, t),
        ),
        Tile(
            t("headline.bills"),
            formats.count(now["bills"]),
            t("headline.bills_definition"),
            t("unit.bills"),
            against("bills", formats.count),
        ),
    )


def _rate_notes(edition: Edition, period: Period, now: Row, before: Row | None, t: Translate) -> tuple[str, ...]:
    rate = now["collection_rate"]
    if rate is None or before is None or before["collection_rate"] is None:
        return (t("headline.rate_change_none", period=period.before.code),)
    change = t(
        "headline.rate_change", change=formats.points(rate - before["collection_rate"]), period=period.before.code
    )
    if edition.lacks("collection_rate_by_day"):
        return (change,)
    # The older period has had a month more to be paid; only at an equal age of the bills is the comparison fair.
    same_day = period.before.issued_on + (edition.as_of - period.issued_on)
    totals = edition.one("collection_rate_by_day", period=period.before.code, up_to=same_day)
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


def _customers_tile(edition: Edition, period: Period, t: Translate) -> Tile:
    def customers(of: Period) -> int:
        return int(edition.one("customers_of_period", period=of.code)["customers"])

    return Tile(
        t("headline.customers"),
        formats.count(customers(period)),
        t("headline.customers_definition"),
        t("unit.customers"),
        _before(period, customers(period.before), formats.count(customers(period.before)), t),
    )


def _calls_tile(edition: Edition, period: Period, t: Translate) -> Tile:
    before = edition.one("rated_calls_of_period", period=period.before.code)
    return Tile(
        t("headline.calls"),
        formats.count(edition.one("rated_calls_of_period", period=period.code)["calls"]),
        t("headline.calls_definition"),
        t("unit.calls"),
        _before(period, before["calls"], formats.count(before["calls"]), t),
    )


def _minutes_tile(edition: Edition, period: Period, t: Translate) -> Tile:
    before = edition.one("rated_calls_of_period", period=period.before.code)
    return Tile(
        t("headline.minutes"),
        formats.minutes(edition.one("rated_calls_of_period", period=period.code)["conversation_seconds"]),
        t("headline.minutes_definition"),
        t("unit.minutes"),
        _before(period, before["calls"], formats.minutes(before["conversation_seconds"]), t),
    )


def _set_aside_tile(edition: Edition, period: Period, t: Translate) -> Tile:
    intake = edition.one("intake_of_days", first_day=period.first_day, last_day=period.last_day)
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


def _branch(edition: Edition, period: Period) -> Row | None:
    rows = edition.query("collection_by_dimension", dimension="branch", period=period.code)
    return rows[0] if rows else None
