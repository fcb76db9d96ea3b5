"""Numbering: numbers that nobody owns but calls, and numbers that two want or that lie where they should not."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from .book import Book
from .exports import Exports
from .recycling import summed

Row = dict[str, Any]


def asking_outlet(area_id: str | None, book: Book) -> str | None:
    """The outlet of a sales area that can ask whose a number is: an own one before an agent's, then the smallest id."""
    outlets = [row for row in book.tables["outlets"] if area_id and row["sales_area_id"] == area_id]
    return min(((row["outlet_kind"] != "own", row["outlet_id"]) for row in outlets), default=(None, None))[1]


def accounts_nearby(number: str, number_range: Row, exports: Exports, as_of: date) -> str | None:
    """The accounts of up to ten numbers above and below in the range, on the as-of date: the nearest five."""
    if not number_range or not number.isdigit():
        return None
    found: dict[str, int] = {}
    for distance in range(1, 11):
        for value in (int(number) - distance, int(number) + distance):
            near = str(value).zfill(len(number))
            if (
                value < 0
                or not number_range["range_start"] <= near <= number_range["range_end"]
                or len(near) != len(number)
            ):
                continue
            interval, _ = exports.owner_at(near, datetime.combine(as_of, time.max))
            if interval is not None:
                found.setdefault(interval["account_id"], distance)
    return ", ".join(sorted(found, key=lambda account: (found[account], account))[:5]) or None


def undocumented_numbers(suspended: list[Row], book: Book, exports: Exports, as_of: date) -> list[Row]:
    """Per charged number its undocumented calls, with what its number range says and who is near it."""
    groups: dict[str, list[Row]] = {}
    for call in suspended:
        if call["state"] == "undocumented" and call["charged_number"]:
            groups.setdefault(call["charged_number"], []).append(call)
    rows = []
    for number, calls in groups.items():
        number_range = book.range_of(number) or {}
        rows.append(
            {
                "calling_number": number,
                **summed(calls),
                "first_seen_at": min(call["started_at"] for call in calls),
                "last_seen_at": max(call["started_at"] for call in calls),
                "exchange_id": number_range.get("exchange_id") or None,
                "business_unit_id": number_range.get("business_unit_id") or None,
                "outlet_id": asking_outlet(number_range.get("sales_area_id"), book),
                "accounts_nearby": accounts_nearby(number, number_range, exports, as_of),
            }
        )
    return rows


def overlap(one: Row, other: Row) -> bool:
    """Whether two intervals of a number hold one instant."""
    begin = max(one["valid_from"], other["valid_from"])
    ends = [row["valid_to"] for row in (one, other) if row["valid_to"] is not None]
    holds_anything = all(row["valid_to"] is None or row["valid_from"] < row["valid_to"] for row in (one, other))
    return holds_anything and (not ends or begin < min(ends))


def has_double_assignment(intervals: list[Row]) -> bool:
    """Whether any two intervals of a number overlap."""
    return any(overlap(one, other) for position, one in enumerate(intervals) for other in intervals[position + 1 :])


def is_of_other_area(order: Row, book: Book) -> bool:
    """Whether the order came from an outlet of another sales area than that of the number's range."""
    number_range = book.range_of(order["service_number"])
    outlet = book.outlets.get(order["outlet_id"])
    if number_range is None or outlet is None or not outlet["sales_area_id"]:
        return False
    return outlet["sales_area_id"] != number_range["sales_area_id"]


def newest_outlet(orders: list[Row]) -> str | None:
    """The outlet of the newest order, None where there is none."""
    if not orders:
        return None
    return max(orders, key=lambda row: (row["ordered_at"], row["order_id"]))["outlet_id"] or None


def number_conflicts(exports: Exports, book: Book) -> list[Row]:
    """One row per number and kind of conflict, by the newest exports."""
    orders: dict[str, list[Row]] = {}
    for order in exports.newest("number_orders"):
        orders.setdefault(order["service_number"], []).append(order)
    rows = []
    for number in sorted(set(exports.intervals) | set(orders)):
        intervals, of_number = exports.intervals.get(number, []), orders.get(number, [])
        standing = [order for order in of_number if order["status"] != "cancelled"]
        opened = [order for order in of_number if order["status"] == "open"]
        elsewhere = [order for order in standing if is_of_other_area(order, book)]
        found: dict[str, str | None] = {}
        if has_double_assignment(intervals):
            found["double_assignment"] = newest_outlet(of_number)
        if len(opened) >= 2:
            found["double_order"] = newest_outlet(opened)
        if (intervals or standing) and book.range_of(number) is None:
            found["number_outside_range"] = newest_outlet(of_number)
        if elsewhere:
            found["number_other_area"] = newest_outlet(elsewhere)
        for kind, outlet_id in found.items():
            rows.append({"service_number": number, "kind": kind, "outlet_id": outlet_id})
    return rows
