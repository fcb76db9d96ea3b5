"""What a switch should have delivered and did not: numbers skipped by its counter, and files of a day that have not come.

The contract leaves the counter's end and lateness open; docs/decisions/files.md says how they are read.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from .book import Book
from .files import InboxFile

Row = dict[str, Any]


def sequence_gaps(files: list[InboxFile], book: Book, as_of: date) -> list[Row]:
    """Per switch the runs of numbers missing between the numbers of registered files that are not rejected."""
    gaps = []
    for switch_id, delivered in sorted(_by_switch(files).items()):
        numbers = _numbers_of(switch_id, [number for _, number in delivered], book)
        came: dict[int, date] = {}  # which round of the counter × numbers of a round + place in it → day
        place_before = 0
        for day, number in sorted(delivered):
            places = [numbers.index(number) + lap * len(numbers) for lap in range(-2, len(delivered) + 2)]
            # The place nearest to the file before; where two are as near, the later one.
            place = min(places, key=lambda at: (abs(at - place_before), -at)) if came else numbers.index(number)
            came[place] = min(day, came.get(place, day))
            place_before = place
        for before, after in pairwise(sorted(came)):
            if after > before + 1:
                gaps.append(
                    {
                        "switch_id": switch_id,
                        "missing_from": numbers[(before + 1) % len(numbers)],
                        "missing_to": numbers[(after - 1) % len(numbers)],
                        "missing_files": after - before - 1,
                        "gap_since": came[after],
                        "age_days": max((as_of - came[after]).days, 0),
                    }
                )
    return gaps


def expected_files(files: list[InboxFile], book: Book, as_of: date) -> list[Row]:
    """Per switch and day, from its first file to the newest day of any file, what was due and what came."""
    arrived: dict[str, Counter[date]] = {}
    believed = [file for file in files if not file.is_dated_oddly]
    for switch_id, delivered in _by_switch(believed).items():
        arrived[switch_id] = Counter(day for day, _ in delivered)
    newest = max((file.file_date for file in believed if file.file_date), default=as_of)
    newest = min(newest, as_of)
    rows = []
    for switch_id, days in sorted(arrived.items()):
        switch = book.switches.get(switch_id)
        expected = switch["expected_files_per_day"] if switch else None
        day = min(days)
        while expected and day <= newest:
            due = expected if day < as_of else _due_by_now(expected, day, arrived, book)
            missing = max(due - days[day], 0)
            rows.append(
                {
                    "switch_id": switch_id,
                    "file_date": day,
                    "expected_files": expected,
                    "due_files": due,
                    "arrived_files": days[day],
                    "missing_files": missing,
                    "days_late": (as_of - day).days if missing else 0,
                    "is_day_over": day < as_of,
                }
            )
            day += timedelta(days=1)
    return rows


def _by_switch(files: list[InboxFile]) -> dict[str, list[tuple[date, int]]]:
    found: dict[str, list[tuple[date, int]]] = {}
    for file in files:
        if file.kind == "cdr" and file.status != "rejected" and file.file_date and file.sequence_number is not None:
            found.setdefault(file.source_key, []).append((file.file_date, file.sequence_number))
    return found


def _numbers_of(switch_id: str, seen: list[int], book: Book) -> range:
    """The numbers that a switch's counter runs through."""
    switch = book.switches.get(switch_id) or {}
    first, last = switch.get("first_sequence"), switch.get("last_sequence")
    if last is None:
        last = int("9" * max(6, len(str(max(seen)))))
    return range(min([1 if first is None else first, *seen]), max([last, *seen]) + 1)


def _due_by_now(expected: int, day: date, arrived: dict[str, Counter[date]], book: Book) -> int:
    """What a switch owes of a day that is not over: the share that the furthest switch has delivered of its own."""
    due = 0
    for switch_id, days in arrived.items():
        theirs = (book.switches.get(switch_id) or {}).get("expected_files_per_day")
        if theirs:
            due = max(due, expected * min(days[day], theirs) // theirs)
    return due
