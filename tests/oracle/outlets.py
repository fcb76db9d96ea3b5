"""SPEC 10: terminals of outlets, complaints of every kind and trainings, each told by itself. All of them are optional exports."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

from .book import Book
from .exports import Exports

Row = dict[str, Any]


def _outlets(book: Book) -> dict[str, str]:
    """Per outlet of the book its unit."""
    return {row["outlet_id"]: row["business_unit_id"] for row in book.tables["outlets"]}


def outlet_terminals(exports: Exports, book: Book, as_of: date) -> list[Row]:
    """The terminals of the newest export that stand there by the as-of date."""
    outlets, interval = _outlets(book), book.warn_above("terminal_inspection_days")
    found = []
    for row in exports.newest("outlet_terminals"):
        installed, inspected, faulty = (row[name] for name in ("installed_on", "last_inspected_on", "fault_since"))
        if installed is not None and installed > as_of:
            continue
        inspected = inspected if inspected is not None and inspected <= as_of else None
        faulty = faulty if faulty is not None and faulty <= as_of else None
        counted_from = inspected or installed
        due = None
        if interval is not None and counted_from is not None:
            due = counted_from + timedelta(days=int(interval))
        found.append(
            {
                "terminal_id": row["terminal_id"],
                "outlet_id": row["outlet_id"] if row["outlet_id"] in outlets else "unassigned",
                "business_unit_id": outlets.get(row["outlet_id"], "unassigned"),
                "is_backup_there": row["has_backup_line"],
                "inspection_due_on": due,
                "is_inspection_overdue": interval is not None and (counted_from is None or due < as_of),
                "days_faulty": None if faulty is None else (as_of - faulty).days,
            }
        )
    return found


def terminal_coverage(terminals: list[Row], exports: Exports, book: Book) -> list[Row]:
    """A row for each outlet of the book, and one for terminals of none of them; nothing where no export came."""
    if not exports.snapshots["outlet_terminals"]:
        return []
    found = []
    for outlet, unit in [*_outlets(book).items(), ("unassigned", "unassigned")]:
        here = [row for row in terminals if row["outlet_id"] == outlet]
        if outlet == "unassigned" and not here:
            continue
        found.append(
            {
                "outlet_id": outlet,
                "business_unit_id": unit,
                "outlets": int(outlet != "unassigned"),
                "outlets_with_terminal": int(outlet != "unassigned" and bool(here)),
                "outlets_with_backup": int(outlet != "unassigned" and any(row["is_backup_there"] for row in here)),
                "terminals": len(here),
                "terminals_with_backup": sum(row["is_backup_there"] for row in here),
                "inspections_overdue": sum(row["is_inspection_overdue"] for row in here),
                "open_faults": sum(row["days_faulty"] is not None for row in here),
            }
        )
    return found


def complaints(exports: Exports, book: Book, as_of: date) -> list[Row]:
    """The complaints opened up to the as-of date, with the exact hours of their handling."""
    outlets, limit = _outlets(book), book.warn_above("complaint_hours")
    units = {row["business_unit_id"] for row in book.tables["business_units"]}
    end = datetime.combine(as_of + timedelta(days=1), time())
    found = []
    for row in exports.complaints:
        opened, closed = row["opened_at"], row["closed_at"]
        if opened is not None and opened.date() > as_of:
            continue
        closed = closed if closed is not None and closed.date() <= as_of else None
        _, customer = exports.customer_at(row["account_id"], as_of)
        outlet = row["outlet_id"]
        if outlet not in outlets:
            outlet = customer["outlet_id"] if customer is not None and customer["outlet_id"] in outlets else None
        unit = outlets.get(outlet)
        if unit is None and customer is not None and customer["business_unit_id"] in units:
            unit = customer["business_unit_id"]
        hours = None
        if opened is not None:
            seconds = round(((closed or end) - opened).total_seconds())
            hours = Fraction(seconds, 3600) if seconds >= 0 else None
        found.append(
            {
                "complaint_id": row["complaint_id"],
                "business_unit_id": unit or "unassigned",
                "outlet_id": outlet or "unassigned",
                "kind": row["kind"].strip() or "unassigned",
                "opened_month": "unassigned" if opened is None else f"{opened:%Y-%m}",
                "is_closed": closed is not None,
                "handling_hours": hours,
                "is_overdue": hours is not None and limit is not None and hours > limit,
            }
        )
    return found


def complaint_handling(told: list[Row]) -> list[Row]:
    """The complaints of a month, unit, outlet and kind together."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    names = ("opened_month", "business_unit_id", "outlet_id", "kind")
    for row in told:
        groups[tuple(row[name] for name in names)].append(row)
    found = []
    for key, rows in groups.items():
        hours = [row["handling_hours"] for row in rows if row["is_closed"] and row["handling_hours"] is not None]
        found.append(
            {
                **dict(zip(names, key, strict=True)),
                "opened": len(rows),
                "closed": sum(row["is_closed"] for row in rows),
                "still_open": sum(not row["is_closed"] for row in rows),
                "overdue": sum(row["is_overdue"] for row in rows),
                "median_hours": median(hours) if hours else None,
                "mean_hours": sum(hours, Fraction()) / len(hours) if hours else None,
                "longest_hours": max(hours, default=None),
            }
        )
    return found


def trainings(exports: Exports, as_of: date) -> list[Row]:
    """The trainings of the newest export with the counts of the people."""
    found = []
    for row in exports.newest("trainings"):
        passed = [
            exam["has_passed"] for exam in exports.newest("training_exams") if exam["training_id"] == row["training_id"]
        ]
        invited, attended = (int(row[name]) if row[name] else None for name in ("invited", "attended"))
        fits = invited is not None and attended is not None and 0 <= attended <= invited
        found.append(
            {
                "training_id": row["training_id"],
                "held_on": row["held_on"],
                "is_held": row["held_on"] <= as_of,
                "invited": invited,
                "attended": attended,
                "attendance": Fraction(attended, invited) if fits else None,
                "examined": len(passed),
                "passed": sum(passed),
                "pass_share": Fraction(sum(passed), len(passed)) if passed else None,
            }
        )
    return found
