"""Packages, increment by increment: what is left of an allowance is carried from call to call, and no formula is used.

Maximum prices too, which come after packages. No period is closed here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .book import Book
from .exports import Exports
from .money import round_exact
from .periods import in_force, last_day, period_of
from .rating import Tariffs
from .records import Record

Row = dict[str, Any]


#: A package, an account, and the number whose own it is, empty for all of them.
Holder = tuple[str, str, str]


@dataclass
class Pot:
    """What a package includes in a month: seconds or an amount, less what its calls have consumed so far."""

    kind: str
    left: Fraction
    calls: list[Record] = field(default_factory=list)
    used_up_by: Record | None = None


#: By holder and month.
Pots = dict[tuple[str, str, str, str], Pot]


def charge(
    tariffs: Tariffs, plan: Row, zone_id: str, started_at: datetime, duration: int, pot: Pot
) -> tuple[int | None, Decimal, Decimal]:
    """(covered seconds, list amount, amount) of a call that draws on the pot, from which it takes what it consumes."""
    rates = tariffs.rates_in_force(plan["tariff_plan_id"], zone_id, started_at.date())
    first_band = tariffs.band_at(plan["band_set_id"], started_at)
    whole, rest, elapsed, covered_seconds = Fraction(0), Fraction(0), 0, 0
    while elapsed < duration:
        band_id = first_band
        if plan["band_rule"] == "increment":
            band_id = tariffs.band_at(plan["band_set_id"], started_at + timedelta(seconds=elapsed))
        row = tariffs.row_at(rates, band_id, elapsed)
        price = Fraction(row["rate"]) * row["increment_seconds"] / row["rate_unit_seconds"]
        if elapsed == 0:
            price += Fraction(row["connect_fee"])
        whole += price
        if pot.kind == "seconds" and elapsed < pot.left:
            covered_seconds += row["increment_seconds"]
        else:
            rest += price
        elapsed += row["increment_seconds"]
    list_amount = round_exact(whole, plan["rounding_mode"], plan["rounding_decimals"])
    if pot.kind == "seconds":
        pot.left = max(Fraction(0), pot.left - elapsed)
        return covered_seconds, list_amount, round_exact(rest, plan["rounding_mode"], plan["rounding_decimals"])
    taken = min(Fraction(list_amount), pot.left)
    pot.left -= taken
    return None, list_amount, round_exact(Fraction(list_amount) - taken, "half_up", 6)


def draw_on_packages(records: list[Record], tariffs: Tariffs, exports: Exports) -> Pots:
    """Charge every rated call anew that draws on a package or costs more than its plan's maximum; returns the pots used."""
    book, subscriptions = tariffs.book, exports.subscriptions
    granted: dict[str, list[tuple[Row, Row]]] = {}
    for package, subscription in _grants(book, subscriptions):
        granted.setdefault(subscription["account_id"], []).append((package, subscription))
    pots: Pots = {}
    rated = [record for record in records if record.state == "rated"]
    for record in sorted(rated, key=lambda record: (record.started_at, record.file.name, record.record_number)):
        assert record.zone is not None and record.interval is not None
        listed = record.amount
        account, number = record.interval["account_id"], record.charged_number
        holders = [
            holder
            for holder in _holders(granted.get(account, []), book, record.call_date, record.zone["zone_id"])
            if holder[2] in ("", number)
        ]
        if holders:
            _draw(record, min(holders), pots, tariffs, subscriptions)
        cap = next(
            (
                row["max_amount"]
                for row in book.tables["price_caps"]
                if (row["tariff_plan_id"], row["zone_id"]) == (record.tariff_plan_id, record.zone["zone_id"])
                and in_force(row, record.call_date)
            ),
            None,
        )
        if cap is not None and listed > cap:
            record.list_amount = listed
        if cap is not None and record.amount > cap:
            record.amount, record.is_capped = cap, True
    return pots


def _draw(record: Record, holder: Holder, pots: Pots, tariffs: Tariffs, subscriptions: list[Row]) -> None:
    assert record.zone is not None and record.tariff_plan_id is not None
    book, month = tariffs.book, period_of(record.call_date)
    if (*holder, month) not in pots:
        package = _package(book, holder[0])
        included = allowance(book, subscriptions, holder, month)
        pots[*holder, month] = Pot(package["allowance_kind"], Fraction(included))
    pot = pots[*holder, month]
    had = pot.left
    plan = book.plans[record.tariff_plan_id]
    zone_id, started_at, seconds = record.zone["zone_id"], record.started_at, record.duration_seconds
    record.covered_seconds, record.list_amount, record.amount = charge(tariffs, plan, zone_id, started_at, seconds, pot)
    record.covered_amount = record.list_amount - record.amount
    record.package_id, _, record.package_number = holder
    pot.calls.append(record)
    if had > 0 and pot.left == 0:
        pot.used_up_by = record


def _package(book: Book, package_id: str) -> Row:
    return next(row for row in book.tables["packages"] if row["package_id"] == package_id)


def _number_of(package: Row, subscription: Row) -> str:
    """Whose the package is: empty for all numbers of the account."""
    return "" if package["is_shared"] == "true" else subscription["service_number"] or ""


def _grants(book: Book, subscriptions: list[Row]) -> list[tuple[Row, Row]]:
    """Every package with every subscription to its product."""
    return [
        (package, subscription)
        for package in book.tables["packages"]
        for subscription in subscriptions
        if subscription["product_id"] == package["product_id"]
    ]


def _holder(package: Row, subscription: Row) -> Holder:
    return package["package_id"], subscription["account_id"], _number_of(package, subscription)


def _holders(granted: list[tuple[Row, Row]], book: Book, day: date, zone_id: str) -> set[Holder]:
    """Those of an account that have a package for a zone on a day."""
    return {
        _holder(package, subscription)
        for package, subscription in granted
        if in_force(package, day)
        and in_force(subscription, day)
        and {"zone_group_id": package["zone_group_id"], "zone_id": zone_id} in book.tables["zone_groups"]
    }


def allowance(book: Book, subscriptions: list[Row], holder: Holder, month: str) -> Decimal:
    """What all subscriptions of a holder to a package include in a month: each the whole, for one day as for all."""
    days = [date.fromisoformat(f"{month}-{day:02d}") for day in range(1, last_day(month).day + 1)]
    return sum(
        (
            package["allowance"]
            for package, subscription in _grants(book, subscriptions)
            if _holder(package, subscription) == holder
            and any(in_force(package, day) and in_force(subscription, day) for day in days)
        ),
        Decimal(0),
    )


def package_use(pots: Pots, exports: Exports, book: Book, periods: list[str]) -> list[Row]:
    """One row per holder and period in which something is included, and per month in which calls drew."""
    subscriptions = exports.subscriptions
    holders = {_holder(package, subscription) for package, subscription in _grants(book, subscriptions)}
    rows = []
    months = {(*holder, month) for holder in holders for month in periods} | set(pots)
    for package_id, account_id, number, month in sorted(months):
        included = allowance(book, subscriptions, (package_id, account_id, number), month)
        pot = pots.get(
            (package_id, account_id, number, month),
            Pot(_package(book, package_id)["allowance_kind"], Fraction(included)),
        )
        if included == 0 and not pot.calls:
            continue
        covered = [call.covered_amount or Decimal(0) for call in pot.calls]
        used = covered if pot.kind == "amount" else [Decimal(call.covered_seconds or 0) for call in pot.calls]
        rows.append(
            {
                "package_id": package_id,
                "account_id": account_id,
                "package_number": number,
                "billing_period": month,
                "allowance_kind": pot.kind,
                "allowance": included,
                "used": sum(used, Decimal(0)),
                "unused": max(Decimal(0), included - sum(used, Decimal(0))),
                "calls": len(pot.calls),
                "calls_covered": sum(amount > 0 for amount in used),
                "list_amount": sum((call.list_amount or Decimal(0) for call in pot.calls), Decimal(0)),
                "covered_amount": sum(covered, Decimal(0)),
                "exhausted_on": pot.used_up_by.call_date if pot.used_up_by else None,
            }
        )
    return rows
