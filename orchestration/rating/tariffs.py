"""The tariff side of a reference book: dialling rules, zones by prefix, plans, rate rows, bands, and what in them is unsound.

How a call is charged by them is in charging.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from orchestration.errors import TollhouseError, UsageError
from orchestration.rating.dialling import CODE_SIGNS, DialledNumber, rules_in_force, strip_codes
from orchestration.reference_book.reading import ReferenceBook

Row = Mapping[str, Any]

DAY_SECONDS = 86_400

_LARGEST_DENOMINATOR = 10**18  # of a price in millionths, as in the warehouse (macros/rating/reduced_unit.sql)


class NoCharge(TollhouseError):
    """The book has no price for the call; the message names what is missing or wrong, and the line."""


class DependsOnExchange(UsageError):
    """What the dialling rules leave of a number depends on the exchange, and none was named."""


class Tariffs:
    """A book's tariffs. Every lookup takes the date on which the call begins, which decides for the whole call."""

    def __init__(self, book: ReferenceBook) -> None:
        self.book = book
        self.tables = book.tables
        self.zones = {row["zone_id"]: row for row in self.tables["zones"]}
        self.plans = {row["tariff_plan_id"]: row for row in self.tables["tariff_plans"]}
        self.area_codes = {row["exchange_id"]: row["area_code"] for row in self.tables["exchanges"]}

    def dial(self, called_number: str, day: date, exchange_id: str | None) -> DialledNumber:
        """The rest of a normalised number after the dialling rules of a day, for calls that an exchange's switches write.

        An exchange that the book does not know has no rules.
        """
        if exchange_id not in self.area_codes:
            return DialledNumber(called_number)
        area_code = self.area_codes[exchange_id]
        return strip_codes(
            called_number, rules_in_force(self.tables["dialling_rules"], day, area_code, self._dialling_fault)
        )

    def dial_anywhere(self, called_number: str, day: date) -> DialledNumber:
        """The same for whichever exchange. Raises DependsOnExchange where it matters which."""
        found = {exchange_id: self.dial(called_number, day, exchange_id) for exchange_id in self.area_codes}
        if len(set(found.values())) > 1:
            rests = ", ".join(f"{exchange}: {dialled.rated_number}" for exchange, dialled in sorted(found.items()))
            raise DependsOnExchange(
                f"what the dialling rules leave of {called_number} depends on the exchange ({rests}): name it with --exchange"
            )
        return next(iter(found.values()), DialledNumber(called_number))

    def plan_of(self, dialled: DialledNumber, own_plan_id: str | None, customer_class: str | None, day: date) -> Row:
        """The plan of a call: the one a stripped code selects, else the number's own, else the class's. Raises NoCharge."""
        self._check_dialled(dialled)
        plan_id = dialled.tariff_plan_id or own_plan_id
        if plan_id is not None:
            return self.plan(plan_id)
        if customer_class is None:
            raise NoCharge("no tariff plan: neither a plan of the number nor a class is named")
        return self.plan_of_class(customer_class, day)

    def zone_of_dialled(self, dialled: DialledNumber, day: date) -> tuple[str | None, Row]:
        """(prefix, zone): the zone that a stripped code selects, without a prefix, else that of the rest. Raises NoCharge."""
        self._check_dialled(dialled)
        if dialled.zone_id is not None:
            return None, self.zones[dialled.zone_id]
        return self.zone_of(dialled.rated_number, day)

    def zone_of(self, number: str, day: date) -> tuple[str, Row]:
        """(prefix, zone): the longest prefix in force that starts the number. Raises NoCharge.

        The empty prefix starts every number but a service code, which only prefixes that begin so start.
        """
        is_service_code = number.startswith(CODE_SIGNS)
        found = [
            row
            for row in self._in_force("destinations", day)
            if number.startswith(row["prefix"] or "") and (row["prefix"] or not is_service_code)
        ]
        if not found:
            raise NoCharge(
                f"no destination prefix in force on {day} starts {number or 'an empty number'}: add one to destinations.csv"
            )
        longest = max(len(row["prefix"] or "") for row in found)
        rows = [row for row in found if len(row["prefix"] or "") == longest]
        prefix = rows[0]["prefix"] or ""
        if len(rows) > 1:
            raise NoCharge(
                f"the tariff book is unsound: prefix {prefix or '(empty)'} stands twice on {day} "
                f"(destinations.csv lines {_lines(rows)})"
            )
        zone = self.zones.get(rows[0]["zone_id"])
        if zone is None:
            raise NoCharge(
                f"the tariff book is unsound: zone {rows[0]['zone_id']} of prefix {prefix} is not in zones.csv "
                f"(destinations.csv line {_lines(rows)})"
            )
        return prefix, zone

    def plan_of_class(self, customer_class: str, day: date) -> Row:
        """The plan of a customer class. Raises NoCharge."""
        rows = [row for row in self._in_force("class_plans", day) if row["customer_class"] == customer_class]
        if not rows:
            raise NoCharge(f"no tariff plan for class {customer_class} on {day}: add one to class_plans.csv")
        if len(rows) > 1:
            raise NoCharge(
                f"the tariff book is unsound: class {customer_class} has two plans on {day} "
                f"(class_plans.csv lines {_lines(rows)})"
            )
        return self.plan(rows[0]["tariff_plan_id"])

    def plan(self, tariff_plan_id: str) -> Row:
        """A plan whose band set is sound. Raises NoCharge."""
        plan = self.plans.get(tariff_plan_id)
        if plan is None:
            raise NoCharge(f"plan {tariff_plan_id} is not in tariff_plans.csv: add it there or correct the name")
        fault = self._band_set_faults.get(plan["band_set_id"])
        if fault is not None:
            raise NoCharge(f"the tariff book is unsound: {fault}")
        return plan

    def rates(self, plan: Row, zone: Row, day: date) -> tuple[date, Sequence[Row]]:
        """(first day of the version, its rows): the rates of plan and zone in force, all of them sound. Raises NoCharge."""
        plan_id, zone_id = plan["tariff_plan_id"], zone["zone_id"]
        # A row that is in force on no day changes nothing.
        of_both = [
            row
            for row in self.tables["tariff_rates"]
            if (row["tariff_plan_id"], row["zone_id"]) == (plan_id, zone_id)
            and (row["valid_to"] is None or row["valid_from"] < row["valid_to"])
        ]
        rows = [row for row in of_both if _is_in_force(row, day)]
        if not rows:
            raise NoCharge(
                f"no rate in force for plan {plan_id}, zone {zone_id} on {day}: add a row to tariff_rates.csv"
            )
        for row in rows:
            fault = self._rate_fault(row, of_both, plan)
            if fault is not None:
                raise NoCharge(f"the tariff book is unsound: {fault} (tariff_rates.csv line {row['line_number']})")
        denominators = [
            (Fraction(row["rate"]) * 10**6 * row["increment_seconds"] / row["rate_unit_seconds"]).denominator
            for row in rows
        ]
        if math.lcm(*denominators) > _LARGEST_DENOMINATOR:
            raise NoCharge(
                "the tariff book is unsound: the rate_unit_seconds of plan "
                f"{plan_id}, zone {zone_id} have no common multiple that can be used "
                f"(tariff_rates.csv lines {_lines(rows)})"
            )
        changes = {moment for row in of_both for moment in (row["valid_from"], row["valid_to"]) if moment is not None}
        return max(moment for moment in changes if moment <= day), rows

    def bands(self, band_set_id: str, day: date) -> list[Row]:
        """The band rows that hold on a day, in the order of the clock: a holiday's own where the set has such.

        A day that counts as a weekday has that one's.
        """
        rows = self._band_sets[band_set_id]
        knows_holidays = any("H" in row["days"] for row in rows)
        counts_as = self._holidays.get(day)
        if counts_as == "H" and not knows_holidays:
            counts_as = None
        mark = counts_as or str(day.isoweekday())
        return sorted((row for row in rows if mark in row["days"]), key=lambda row: seconds_of(row["starts_at"]))

    def band_at(self, band_set_id: str, moment: datetime) -> tuple[str, datetime]:
        """(band, when its stretch of that day ends)."""
        midnight = datetime.combine(moment.date(), datetime.min.time())
        second = (moment - midnight).seconds
        for row in self.bands(band_set_id, moment.date()):
            if seconds_of(row["starts_at"]) <= second < seconds_of(row["ends_at"]):
                return row["band_id"], midnight + timedelta(seconds=seconds_of(row["ends_at"]))
        raise NoCharge(f"band set {band_set_id} has no band at {moment}")

    @cached_property
    def _holidays(self) -> dict[date, str]:
        """Day → H, or the weekday (1 to 7) that it counts as."""
        return {row["holiday_date"]: row["counts_as"] or "H" for row in self.tables["holidays"]}

    @cached_property
    def _band_sets(self) -> dict[str, list[Row]]:
        sets: dict[str, list[Row]] = {}
        for row in self.tables["time_bands"]:
            sets.setdefault(row["band_set_id"], []).append(row)
        return sets

    @cached_property
    def _band_set_faults(self) -> dict[str, str]:
        """The band sets that do not cover each of their days exactly once, and those that plans name but the book does not have."""
        faults = {
            plan["band_set_id"]: f"band set {plan['band_set_id']} is not in time_bands.csv"
            for plan in self.plans.values()
            if plan["band_set_id"] not in self._band_sets
        }
        for band_set_id, rows in self._band_sets.items():
            days = "1234567" + ("H" if any("H" in row["days"] for row in rows) else "")
            for day in days:
                of_day = [row for row in rows if day in row["days"]]
                spans = sorted((seconds_of(row["starts_at"]), seconds_of(row["ends_at"])) for row in of_day)
                ends = [0, *(end for _, end in spans)]
                is_covered = ends[-1] == DAY_SECONDS and all(
                    start == end_before and start < end for (start, end), end_before in zip(spans, ends, strict=False)
                )
                if not is_covered:
                    faults[band_set_id] = (
                        f"band set {band_set_id} does not cover day {day} wholly and once "
                        f"(time_bands.csv lines {_lines(of_day) or 'none'})"
                    )
        return faults

    def _dialling_fault(self, row: Row) -> str | None:
        """What is wrong with a dialling rule."""
        for column, table, known in (
            ("tariff_plan_id", "tariff_plans", self.plans),
            ("zone_id", "zones", self.zones),
        ):
            if row[column] is not None and row[column] not in known:
                what = column.removeprefix("tariff_").removesuffix("_id")
                return (
                    f"dialling rule {row['rule_order']}: {what} {row[column]} is not in {table}.csv: add it there, or "
                    f"correct the name (dialling_rules.csv line {row['line_number']})"
                )
        return None

    @staticmethod
    def _check_dialled(dialled: DialledNumber) -> None:
        if dialled.fault is not None:
            raise NoCharge(f"the tariff book is unsound: {dialled.fault}")

    def _rate_fault(self, row: Row, of_both: Sequence[Row], plan: Row) -> str | None:
        """What is wrong with a rate row, alone and together with the others of its plan, zone and band."""
        siblings = [other for other in of_both if other["band_id"] == row["band_id"]]
        step = [other for other in siblings if _validity(other) == _validity(row)]
        starts = Counter(other["from_second"] for other in step)
        if min(starts) != 0:
            return f"the lowest from_second is {min(starts)}, it must be 0"
        if starts[row["from_second"]] > 1:
            return "two rows start at the same from_second"
        if row["rate_unit_seconds"] <= 0 or row["increment_seconds"] <= 0:
            return "rate_unit_seconds and increment_seconds must both be above 0"
        if row["rate"] < 0 or row["connect_fee"] < 0:
            return "neither rate nor connect_fee may be below 0"
        per_second = row["rate"] / row["rate_unit_seconds"]
        if per_second > 10**6 or per_second * row["increment_seconds"] > 10**9 or row["connect_fee"] > 10**9:
            return "more than 1000000 a second, or 1000000000 an increment or as a fee, is too large"
        if row["band_id"] and row["band_id"] not in {band["band_id"] for band in self._band_sets[plan["band_set_id"]]}:
            return f"band {row['band_id']} is not in band set {plan['band_set_id']}"
        if any(_validity(other) != _validity(row) and _overlap(other, row) for other in siblings):
            return "another version holds at the same time"
        return None

    def _in_force(self, table: str, day: date) -> Iterable[Row]:
        return (row for row in self.tables[table] if _is_in_force(row, day))


def seconds_of(time_of_day: str) -> int:
    """'HH:MM' or 'HH:MM:SS' as seconds of the day; 24:00 is 86 400."""
    hours, minutes, *seconds = map(int, time_of_day.split(":"))
    return hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)


def _is_in_force(row: Row, day: date) -> bool:
    return bool(row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"]))


def _validity(row: Row) -> tuple[date, date]:
    return row["valid_from"], row["valid_to"] or date.max


def _overlap(one: Row, other: Row) -> bool:
    return _validity(one)[0] < _validity(other)[1] and _validity(other)[0] < _validity(one)[1]


def _lines(rows: Iterable[Row]) -> str:
    return ", ".join(str(row["line_number"]) for row in rows)
