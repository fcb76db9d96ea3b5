"""Calls that test a rule, planted one by one on quiet lines and foreign numbers, and counted by the rule they test.

They are ordinary records of ordinary files; lines that do not parse and files that misbehave are made in faults.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from seeds.demo_city.awkward_people import Cast
from seeds.demo_city.calls import Calls, Texts, switch_of, wall_seconds
from seeds.demo_city.people import City, Line

FOREIGN = "13800138000"


class PlantedCalls:
    """Collects planted calls; each is a record of the file of the day on which it ends."""

    def __init__(self, city: City, texts: Texts) -> None:
        self.city = city
        self.texts = texts
        self.rows: list[tuple[int, ...]] = []
        self._places = {id(line): place for place, line in enumerate(city.lines)}

    def call(
        self,
        line: Line | None,
        called: str,
        start: datetime,
        seconds: int,
        *,
        calling: str | None = None,
        entry: str = "",
        leave: str = "",
        switch: str = "",
        cause: int = 16,
    ) -> dict[str, object]:
        """Plant one call; returns its key for planted.json."""
        number = calling if calling is not None else (line.interval.service_number if line else FOREIGN)
        at = switch or (switch_of(line, self.city) if line else "ST1")
        place = self.texts.place
        self.rows.append(
            (
                place(at),
                place(number),
                place(called),
                place(entry),
                place(leave),
                wall_seconds(start),
                seconds,
                cause,
                self._places[id(line)] if line else -1,
                -1,
            )
        )
        return {
            "switch_id": at,
            "calling_number": number,
            "called_number": called,
            "started_at": start.strftime("%Y-%m-%d %H:%M:%S"),
            "duration_seconds": seconds,
        }

    def table(self) -> Calls:
        """The planted calls as columns."""
        columns = np.array(self.rows, dtype=np.int64).T
        names = ("switch", "calling", "called", "trunk_in", "trunk_out", "start", "duration", "cause", "line", "kind")
        wide = {"start", "duration", "cause"}
        arrays = {n: c if n in wide else c.astype(np.int32) for n, c in zip(names, columns, strict=True)}
        return Calls(**arrays, planted=np.ones(len(self.rows), dtype=bool))


def plant_calls(city: City, cast: Cast, texts: Texts) -> Calls:
    """Plant every awkward call."""
    calls = PlantedCalls(city, texts)
    _written_numbers(calls, cast)
    _midnight_and_bands(calls, cast)
    _who_pays(calls, cast)
    _undocumented(calls, cast)
    _unrated(calls, cast)
    _promotions(calls, cast)
    _overlaps(calls, cast)
    _unusual(calls, cast)
    return calls.table()


def _written_numbers(calls: PlantedCalls, cast: Cast) -> None:
    at = calls.city.calendar.at
    written = (
        ("+852 2345-6789", "T0103"),
        ("(010) 6552 9988", "T0102"),
        ("0571.8888.1234", "T0102"),
        ("139-1234-5678", "T0104"),
        ("1*14#", "T0109"),
        ("17909 010 65529988", "T0106"),
    )
    for place, (called, leave) in enumerate(written):
        key = calls.call(cast["dialler"], called, at(0.1 + place * 0.1, "10:05:00"), 95 + place, leave=leave)
        calls.city.planted.add("number_written_with_signs", key)
    number = cast["dialler"].interval.service_number
    key = calls.call(cast["dialler"], "2200001", at(0.8, "10:05:00"), 61, calling=f"{number[:3]}-{number[3:]}")
    calls.city.planted.add("number_written_with_signs", key)


def _midnight_and_bands(calls: PlantedCalls, cast: Cast) -> None:
    calendar, planted = calls.city.calendar, calls.city.planted
    at = calendar.at
    for place, fraction in enumerate((0.15, 0.35, 0.55, 0.75)):
        key = calls.call(cast["resident"], "01065529988", at(fraction, "23:50:00"), 1200 + place, leave="T0102")
        planted.add("call_over_midnight", key)
    key = calls.call(cast["sleepless"], "163", at(0.25, "00:00:20"), 86_399)
    planted.add("call_of_nearly_a_day", key)
    key = calls.call(cast["sleepless"], "169", at(0.45, "00:00:00"), 86_400)
    planted.add("call_of_nearly_a_day", key)
    planted.add("call_over_midnight", key)
    key = calls.call(cast["sleepless"], "163", at(0.65, "08:00:00"), 180_000)
    planted.add("call_of_nearly_a_day", key)
    planted.add("call_of_days", key)
    working = calendar.working_day(0.4)
    for line, clock in (
        ("resident", "06:58:03"),
        ("resident", "21:58:57"),
        ("business", "06:59:58"),
        ("business", "20:55:30"),
        ("family", "06:58:30"),
        ("trunk", "06:59:01"),
    ):
        start = datetime.combine(working, datetime.strptime(clock, "%H:%M:%S").time())
        planted.add("call_over_band_boundary", calls.call(cast[line], "02165529988", start, 605, leave="T0102"))
    key = calls.call(cast["resident_2"], "075526551234", at(0.5, "09:40:10"), 8_000, leave="T0102")
    planted.add("call_over_hours", key)
    for day in sorted(day for day in calendar.holidays if calendar.first_day <= day < calendar.last_day):
        noon = datetime.combine(day, datetime.min.time()) + timedelta(hours=12)
        for part, line in enumerate(("business", "family", "resident_2")):
            start = noon + timedelta(minutes=20 * part)
            planted.add("call_on_holiday", calls.call(cast[line], "02865529988", start, 330, leave="T0102"))
    for day in sorted(day for day in calls.city.book.make_up_days if calendar.first_day <= day < calendar.last_day):
        noon = datetime.combine(day, datetime.min.time()) + timedelta(hours=12)
        planted.add("call_on_make_up_workday", calls.call(cast["business"], "02865529988", noon, 330, leave="T0102"))
    for line, zone_call in (("public", "00442071234567"), ("staff", "01065529988"), ("trunk", "0085223456789")):
        leave = "T0102" if zone_call.startswith("010") else "T0103"
        planted.add("call_of_each_class", calls.call(cast[line], zone_call, at(0.6, "11:11:11"), 127, leave=leave))
    moved = next((d for d in calls.city.book["destinations"] if d["prefix"] == "778" and d["valid_to"]), None)
    if moved:
        for offset in (-1, 0):
            start = datetime.fromisoformat(moved["valid_to"]) + timedelta(days=offset, hours=14)
            if calendar.first_day <= start.date() < calendar.last_day:
                key = calls.call(cast["resident_2"], "7781234", start, 200, leave="T0107")
                planted.add("prefix_changes_zone", key)


def _who_pays(calls: PlantedCalls, cast: Cast) -> None:
    at, planted = calls.city.calendar.at, calls.city.planted
    free = cast["toll_free"].interval.service_number
    planted.add("toll_free_from_own_line", calls.call(cast["resident"], free, at(0.2, "14:00:00"), 185))
    for place in range(2):
        key = calls.call(
            None, free, at(0.3 + 0.1 * place, "15:00:00"), 240, calling=f"1390013900{place}", entry="T0104"
        )
        planted.add("toll_free_incoming", key)
    key = calls.call(None, free, at(0.5, "15:30:00"), 200, calling="", entry="T0104")
    planted.add("withheld_to_toll_free", key)
    own = cast["resident"].interval.service_number
    key = calls.call(None, own, at(0.5, "16:20:00"), 76, calling="", entry="T0104", switch="SC1")
    planted.add("withheld_not_charged", key)
    key = calls.call(cast["resident"], "*31#01065529988", at(0.52, "14:20:00"), 61, leave="T0102")
    planted.add("service_code_stripped", key)
    for place in range(3):
        start = at(0.2 + 0.1 * place, "16:10:00")
        key = calls.call(None, own, start, 75, calling=f"1380013800{place}", entry="T0104", switch="SC1")
        planted.add("incoming_not_charged", key)
        key = calls.call(None, "01065520001", start, 90, calling=f"1370013700{place}", entry="T0104", leave="T0102")
        planted.add("transit_not_charged", key)
    for place, cause in enumerate((17, 19, 18, 1, 34)):
        start = at(0.3, "18:00:00") + timedelta(minutes=3 * place)
        key = calls.call(cast["resident_2"], "02465529988", start, 0, leave="T0102", cause=cause)
        planted.add("not_answered", key)
    key = calls.call(cast["clumsy"], "01065529988", at(0.5, "11:30:00"), 140, leave="T9999")
    planted.add("unknown_trunk_group", key)


def _undocumented(calls: PlantedCalls, cast: Cast) -> None:
    city = calls.city
    at, planted = city.calendar.at, city.planted
    for place in range(3):
        number, _ = city.numbers.draw("residential", "BU01")
        for visit in range(2 + place):
            key = calls.call(
                None, "2200100", at(0.2 + 0.15 * visit, "12:30:00"), 80 + place, calling=number, switch="SC1"
            )
            planted.add("undocumented_number", key)
    late, begins, ended = cast["late"], cast["begins"], cast["ends"]
    start = begins.interval.valid_from - timedelta(hours=5)
    planted.add("undocumented_before_valid_from", calls.call(begins, "2200101", start, 100))
    calls.call(begins, "2200101", begins.interval.valid_from, 100)
    stop = ended.interval.valid_to
    if stop is not None:
        planted.add("undocumented_after_valid_to", calls.call(ended, "2200102", stop, 100))
        calls.call(ended, "2200102", stop - timedelta(seconds=400), 100)
    planted.add("undocumented_without_account", calls.call(cast["no_account"], "2200103", at(0.4, "10:10:00"), 60))
    planted.add("undocumented_without_customer", calls.call(cast["no_customer"], "2200104", at(0.4, "10:20:00"), 60))
    free, _ = city.numbers.draw("toll_free")
    planted.add("undocumented_toll_free", calls.call(cast["resident"], free, at(0.6, "14:00:00"), 75))
    for visit in range(3):
        start = late.interval.valid_from + timedelta(days=visit + 1, hours=10)
        planted.add("documented_later_call", calls.call(late, "2200105", start, 150))
    for number in planted.cases["double_assignment"]["keys"]:
        line = next(line for line in city.lines if line.interval.service_number == number)
        key = calls.call(line, "01065529988", at(0.7, "10:40:00"), 120, leave="T0102")
        planted.add("call_of_double_assigned_number", key)


def _unrated(calls: PlantedCalls, cast: Cast) -> None:
    at, planted = calls.city.calendar.at, calls.city.planted
    for place in range(2):
        key = calls.call(cast["resident"], f"999123{place}", at(0.3 + 0.2 * place, "09:00:00"), 60, leave="T0102")
        planted.add("unrated_no_destination", key)
    key = calls.call(cast["resident"], "", at(0.6, "09:00:00"), 30)
    planted.add("unrated_no_destination", key)
    closed = next((d for d in calls.city.book["destinations"] if d["prefix"] == "17931" and d["valid_to"]), None)
    if closed:
        start = datetime.fromisoformat(closed["valid_to"]) + timedelta(hours=9, minutes=30)
        if calls.city.calendar.first_day <= start.date() < calls.city.calendar.last_day:
            key = calls.call(cast["resident"], "1793101065529988", start, 90, leave="T0106")
            planted.add("unrated_no_destination", key)
    planted.add(
        "unrated_no_rate", calls.call(cast["resident"], "00870773123456", at(0.5, "19:00:00"), 66, leave="T0103")
    )
    planted.add("unrated_no_rate", calls.call(cast["public"], "1688123", at(0.5, "19:10:00"), 66, leave="T0108"))
    key = calls.call(cast["business"], "00870773123456", at(0.5, "19:00:00"), 66, leave="T0103")
    planted.add("satellite_call_rated", key)
    planted.add("unrated_no_plan", calls.call(cast["vip"], "2200106", at(0.5, "19:20:00"), 66))


def _promotions(calls: PlantedCalls, cast: Cast) -> None:
    calendar, planted = calls.city.calendar, calls.city.planted
    for month in calendar.month_starts:
        start = datetime.combine(month, datetime.min.time()) + timedelta(days=6, hours=10)
        if start.date() >= calendar.last_day:
            continue
        key = calls.call(cast["example"], "1790901065529988", start, 2400, leave="T0106")
        planted.add("rental_match_example_call", key)
        planted.add(
            "percent_off_call", calls.call(cast["promotion_percent"], "02065529988", start, 1230, leave="T0102")
        )


def _overlaps(calls: PlantedCalls, cast: Cast) -> None:
    at, planted = calls.city.calendar.at, calls.city.planted
    for fraction in (0.35, 0.65):
        start = at(fraction, "10:00:00")
        calls.call(cast["busy"], "2200107", start, 600)
        key = calls.call(cast["busy"], "2200108", start + timedelta(seconds=200), 120)
        planted.add("overlapping_calls", key)
    # Three at once, on two channels one too many; on a trunk line's thirty nothing out of the ordinary.
    start = at(0.55, "10:30:00")
    for part, case in (("isdn", "overlapping_calls"), ("trunk", "simultaneous_calls")):
        calls.call(cast[part], "2200107", start, 900)
        key = calls.call(cast[part], "2200108", start + timedelta(seconds=100), 700)
        planted.add("simultaneous_calls", key)
        key = calls.call(cast[part], "2200110", start + timedelta(seconds=300), 60)
        planted.add(case, key)


def _unusual(calls: PlantedCalls, cast: Cast) -> None:
    """A series of ultra-short calls, and a storm of attempts in the dead of night."""
    at, planted = calls.city.calendar.at, calls.city.planted
    start = at(0.45, "15:00:10")
    series = [
        calls.call(cast["clumsy"], "2200111", start + timedelta(seconds=100 * place), 1 + place % 3)
        for place in range(25)
    ]
    planted.add("ultra_short_series", _hour_of(series[0], calls=len(series)))
    start = at(0.72, "03:00:05")
    storm = [
        calls.call(cast["dialler"], "2200112", start + timedelta(seconds=30 * place), 0, cause=17)
        for place in range(90)
    ]
    planted.add("storm_at_night", _hour_of(storm[0], calls=len(storm)))


def _hour_of(call: dict[str, object], **facts: object) -> dict[str, object]:
    """The switch, number and clock hour of a call, to find the hour again by."""
    hour = f"{str(call['started_at'])[:13]}:00:00"
    return {"switch_id": call["switch_id"], "calling_number": call["calling_number"], "hour": hour, **facts}
