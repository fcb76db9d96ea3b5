"""The workload's reference book made ready for the engines that are measured against the product: what every one of them may
take as given, for the book is small and none is measured by how it reads it.

Prices are whole numbers, in 180ths of a millionth of the currency: exact for rates per 6, 60 and 180 seconds. A call of the
workload begins in one band and meets at most one border to the next, and no band has more than two tiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tests.benchmarks.workload import read_table

PRICE_PARTS = 180 * 1_000_000
NEVER = 2**31 - 1
HEAD_DIGITS = 5  # digits of a number that are looked up at once; each longer length of prefix takes a look of its own


@dataclass(frozen=True)
class Tiers:
    """What a band costs: increments and their prices until `until` seconds from the call's start, and after it."""

    until: int
    increment: int
    price: int
    increment_after: int
    price_after: int


@dataclass(frozen=True)
class Start:
    """What a call of a plan to a zone is charged by when it begins in an hour: to the end of the band, then in the next."""

    plan: str
    zone: str
    hour: int
    connect_price: int
    band_ends: int
    first: Tiers
    then: Tiers


@dataclass(frozen=True)
class Rounding:
    """amount in millionths = (price × factor + offset) ÷ divisor × unit, in whole numbers."""

    plan: str
    factor: int
    offset: int
    divisor: int
    unit: int


@dataclass(frozen=True)
class Book:
    """The compiled book of one day and the days beside it."""

    destinations: dict[str, str]  # prefix → zone
    zones: dict[str, tuple[str, str, bool]]  # zone → category, bill item, charged to the called party
    class_plans: dict[str, str]
    starts: list[Start]
    roundings: list[Rounding]
    exchanges: dict[str, str]  # switch → exchange

    def heads(self) -> tuple[dict[str, str], dict[int, list[str]]]:
        """All texts of up to five digits with their longest prefix, and the longer prefixes by length, longest first."""
        heads: dict[str, str] = {}
        for length in range(HEAD_DIGITS + 1):
            for at in range(10**length):
                text = f"{at:0{length}d}" if length else ""
                own = text if text in self.destinations else heads.get(text[:-1]) if text else None
                if own is not None:
                    heads[text] = own
        longer: dict[int, list[str]] = {}
        for prefix in self.destinations:
            if len(prefix) > HEAD_DIGITS:
                longer.setdefault(len(prefix), []).append(prefix)
        return heads, dict(sorted(longer.items(), reverse=True))


def compile_book(reference: Path, day: date) -> Book:
    """Read the book's files for calls of `day` and the day before it. Raises ValueError where it is not of the workload's kind."""

    def table(name: str) -> list[dict[str, str]]:
        rows = read_table(reference / f"{name}.csv")
        return [row for row in rows if "valid_from" not in row or _in_force(row, day)]

    if any((day + timedelta(days=at)).weekday() >= 5 for at in (-1, 0, 1)):
        raise ValueError(f"{day} has a weekend beside it")
    items = {row["call_category"]: row["bill_item_id"] for row in table("call_categories")}
    bands = _bands(table("time_bands"))
    plans = {row["tariff_plan_id"]: row for row in table("tariff_plans")}
    rates: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in table("tariff_rates"):
        rates.setdefault((row["tariff_plan_id"], row["zone_id"]), []).append(row)
    starts = [
        start
        for (plan, zone), rows in rates.items()
        for start in _starts(plan, zone, rows, bands[plans[plan]["band_set_id"]], plans[plan]["band_rule"])
    ]
    return Book(
        {row["prefix"]: row["zone_id"] for row in table("destinations")},
        {
            row["zone_id"]: (row["call_category"], items[row["call_category"]], row["charged_party"] == "called")
            for row in table("zones")
        },
        {row["customer_class"]: row["tariff_plan_id"] for row in table("class_plans")},
        starts,
        [_rounding(row) for row in plans.values()],
        {row["switch_id"]: row["exchange_id"] for row in table("switches")},
    )


def _in_force(row: dict[str, str], day: date) -> bool:
    begins, ends = date.fromisoformat(row["valid_from"]), row["valid_to"]
    if begins == day or (ends and date.fromisoformat(ends) == day):
        raise ValueError(f"the book changes on {day}: {row}")
    return begins < day and (not ends or date.fromisoformat(ends) > day)


def _bands(rows: list[dict[str, str]]) -> dict[str, list[tuple[int, int, str]]]:
    """Per band set the bands of a weekday as (first hour, last hour, band)."""
    bands: dict[str, list[tuple[int, int, str]]] = {}
    for row in rows:
        if not {"1", "2", "3", "4", "5"} & set(row["days"]):
            continue
        begins, ends = (int(row[name][:2]) for name in ("starts_at", "ends_at"))
        if row["starts_at"][2:] != ":00" or row["ends_at"][2:] != ":00" or ends - begins < 2:
            raise ValueError(f"a band of whole hours, two at least, is wanted: {row}")
        bands.setdefault(row["band_set_id"], []).append((begins, ends, row["band_id"]))
    return {name: sorted(found) for name, found in bands.items()}


def _starts(
    plan: str, zone: str, rows: list[dict[str, str]], bands: list[tuple[int, int, str]], rule: str
) -> list[Start]:
    by_band = {band: _tiers(rows, band) for _, _, band in bands}
    fees = {band: _price(_rows_of(rows, band)[0]["connect_fee"], 1, 1) for band in by_band}
    found = []
    for at, (begins, ends, band) in enumerate(bands):
        then = by_band[bands[(at + 1) % len(bands)][2]]
        band_ends = NEVER if rule == "start" or len(bands) == 1 else ends * 3_600
        found += [Start(plan, zone, hour, fees[band], band_ends, by_band[band], then) for hour in range(begins, ends)]
    return found


def _rows_of(rows: list[dict[str, str]], band: str) -> list[dict[str, str]]:
    own = [row for row in rows if row["band_id"] == band] or [row for row in rows if not row["band_id"]]
    return sorted(own, key=lambda row: int(row["from_second"]))


def _tiers(rows: list[dict[str, str]], band: str) -> Tiers:
    found = _rows_of(rows, band)
    if len(found) > 2:
        raise ValueError(f"more than two tiers: {found}")
    first, after = found[0], found[-1]
    return Tiers(
        NEVER if len(found) == 1 else int(after["from_second"]),
        int(first["increment_seconds"]),
        _price(first["rate"], int(first["increment_seconds"]), int(first["rate_unit_seconds"])),
        int(after["increment_seconds"]),
        _price(after["rate"], int(after["increment_seconds"]), int(after["rate_unit_seconds"])),
    )


def _price(rate: str, increment: int, unit: int) -> int:
    price = Decimal(rate) * PRICE_PARTS * increment / unit
    if price != int(price):
        raise ValueError(f"{rate} per {unit} seconds is not a valid whole number of parts")
    return int(price)


def _rounding(plan: dict[str, str]) -> Rounding:
    unit = 10 ** (6 - int(plan["rounding_decimals"]))
    d = PRICE_PARTS // 1_000_000 * unit
    factor, offset, divisor = {"half_up": (2, d, 2 * d), "up": (1, d - 1, d), "down": (1, 0, d)}[plan["rounding_mode"]]
    return Rounding(plan["tariff_plan_id"], factor, offset, divisor, unit)
