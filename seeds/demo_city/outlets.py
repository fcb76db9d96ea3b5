"""Terminals of the outlets, and trainings with their exams: exports that a branch may deliver, a few rows of each.

They stand in the newest exports alone, which are all that count of them, and touch no bill.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from seeds.demo_city.people import City

#: Of every seven outlets one has no terminal, and one has not been inspected in time.
_WITHOUT, _FORGOTTEN = 6, 5
#: Places of outlets whose terminal is out of order, with the days since then and what is known of it.
_FAULTS = {3: (4, "no line since the thunderstorm"), 10: (1, "power supply broken, spare part ordered")}
_PEOPLE = ("lin.x", "chen.y", "wu.m", "zhao.q", "sun.l", "zhou.k", "xu.h", "gao.p")


def terminal_rows(city: City) -> Iterator[list[str]]:
    """The outlet_terminals export of the last day, in the order of its columns."""
    last = city.calendar.last_day
    for place, outlet in enumerate(city.book["outlets"]):
        if place % 7 == _WITHOUT:
            continue
        is_own = outlet["outlet_kind"] == "own"
        days, note = _FAULTS.get(place, (None, ""))
        inspected = last - timedelta(days=120 if place % 7 == _FORGOTTEN else 10 + 7 * (place % 7))
        yield [
            f"TM{place + 1:03d}",
            outlet["outlet_id"],
            "fibre" if is_own else "dsl",
            "true" if is_own and place % 3 else "false",
            (last - timedelta(days=500 - place)).isoformat(),
            inspected.isoformat(),
            "" if days is None else (last - timedelta(days=days)).isoformat(),
            note,
        ]


def training_rows(city: City) -> Iterator[list[str]]:
    """The trainings export of the last day: of the branch, of a unit, of an outlet, and one that is still to come."""
    last = city.calendar.last_day
    unit, outlet = city.book["business_units"][0]["business_unit_id"], city.book["outlets"][0]["outlet_id"]
    for training, days_ago, chinese, english, whose, invited, attended in (
        ("TR001", 60, "银行代扣与回盘处理", "Direct debit and its results", ("", ""), "40", "34"),
        ("TR002", 32, "无档话单的查找与补档", "Finding the holder of a number", (unit, ""), "12", "12"),
        ("TR003", 6, "新资费与套餐", "New tariffs and packages", ("", outlet), "8", "6"),
        ("TR004", -9, "投诉处理规范", "Handling complaints", ("", ""), "40", ""),
    ):
        yield [training, (last - timedelta(days=days_ago)).isoformat(), chinese, english, *whose, invited, attended]


def exam_rows() -> Iterator[list[str]]:
    """The training_exams export of the last day. 60 points pass."""
    for place, person in enumerate(_PEOPLE):
        for training, score in (("TR002", 58 + 5 * place), ("TR003", 72 + 3 * place)):
            if training == "TR002" or place < 6:
                yield [training, person, f"{score}.00", "true" if score >= 60 else "false"]
