"""A sound tariff book: which rows of the tariffs are unsound, and why. What that means for a call is in `rating`."""

from __future__ import annotations

from typing import Any

from .book import Book, seconds_of_day

Row = dict[str, Any]

DAY_SECONDS = 86_400
BAND_RULES = ("increment", "start")
ROUNDING_MODES = ("half_up", "up", "down")


def bands_of(book: Book, band_set_id: str) -> list[Row]:
    """The rows of a band set."""
    return [row for row in book.tables["time_bands"] if row["band_set_id"] == band_set_id]


def covers_day_once(bands: list[Row], day: str) -> bool:
    """Whether the rows of one day follow one another from 00:00 to 24:00 without gap or overlap."""
    spans = sorted(
        (seconds_of_day(row["starts_at"]), seconds_of_day(row["ends_at"])) for row in bands if day in row["days"]
    )
    reached = 0
    for starts_at, ends_at in spans:
        if starts_at != reached or ends_at <= starts_at:
            return False
        reached = ends_at
    return reached == DAY_SECONDS


def unsound_band_set(book: Book, band_set_id: str) -> str | None:
    """Why a band set is unsound: every weekday is to be covered wholly and once, the holiday too if it is named."""
    bands = bands_of(book, band_set_id)
    if any(day not in "1234567H" for row in bands for day in row["days"]):
        return "a band names a day that is none"
    days = "1234567" + ("H" if any("H" in row["days"] for row in bands) else "")
    for day in days:
        if not covers_day_once(bands, day):
            return f"the band set does not cover day {day} wholly and once"
    return None


def unsound_plans(book: Book) -> dict[str, str]:
    """The plans none of whose calls can be rated, with the reason."""
    reasons = {}
    for plan_id, plan in book.plans.items():
        reason = unsound_band_set(book, plan["band_set_id"])
        if reason is None and plan["band_rule"] not in BAND_RULES:
            reason = "unknown band_rule"
        if reason is None and plan["rounding_mode"] not in ROUNDING_MODES:
            reason = "unknown rounding_mode"
        if reason is None and plan["rounding_decimals"] not in range(7):
            reason = "rounding_decimals is not 0 to 6"
        if reason is not None:
            reasons[plan_id] = reason
    return reasons


def version(row: Row) -> tuple[Any, Any]:
    """The validity that makes rows of a plan, zone and band one version."""
    return (row["valid_from"], row["valid_to"])


def versions_overlap(one: Row, other: Row) -> bool:
    """Whether two rows of different versions are both in force on some day."""
    begins = [row["valid_from"] for row in (one, other) if row["valid_from"] is not None]
    ends = [row["valid_to"] for row in (one, other) if row["valid_to"] is not None]
    latest_begin = max(begins) if begins else None
    earliest_end = min(ends) if ends else None
    for row in (one, other):
        if row["valid_from"] is not None and row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            return False
    return latest_begin is None or earliest_end is None or latest_begin < earliest_end


def unsound_rate(book: Book, rate: Row, rates: list[Row]) -> str | None:
    """Why a rates row is unsound, seen by itself and beside the rows of its plan, zone and band."""
    plan = book.plans.get(rate["tariff_plan_id"])
    if plan is None:
        return "unknown plan"
    if rate["zone_id"] not in book.zones:
        return "unknown zone"
    band_ids = {row["band_id"] for row in bands_of(book, plan["band_set_id"])}
    if rate["band_id"] and rate["band_id"] not in band_ids:
        return "unknown band"
    for column in ("rate_unit_seconds", "increment_seconds"):
        if rate[column] is None or rate[column] <= 0:
            return f"{column} is not positive"
    for column in ("rate", "connect_fee"):
        if rate[column] is None or rate[column] < 0:
            return f"{column} is negative"
    siblings = [row for row in rates if all(row[key] == rate[key] for key in ("tariff_plan_id", "zone_id", "band_id"))]
    same_version = [row for row in siblings if version(row) == version(rate)]
    if any(row["from_second"] is None for row in same_version):
        return "a from_second is missing"
    if min(row["from_second"] for row in same_version) != 0:
        return "the lowest from_second is not 0"
    if len({row["from_second"] for row in same_version}) < len(same_version):
        return "two rows share a from_second"
    for row in siblings:
        if version(row) != version(rate) and versions_overlap(row, rate):
            return "versions overlap"
    return None


def unsound_rates(book: Book) -> list[tuple[Row, str]]:
    """Every unsound rates row with its reason."""
    rates = book.tables["tariff_rates"]
    by_plan_and_zone: dict[tuple[str, str], list[Row]] = {}
    for rate in rates:
        by_plan_and_zone.setdefault((rate["tariff_plan_id"], rate["zone_id"]), []).append(rate)
    found = []
    for rate in rates:
        reason = unsound_rate(book, rate, by_plan_and_zone[rate["tariff_plan_id"], rate["zone_id"]])
        if reason is not None:
            found.append((rate, reason))
    return found
