"""Rating: from the called number to the zone, from the owner to the plan, and the charging loop, second by second.

The states not_answered to rated are set here. Soundness of the tariffs is judged in `tariff`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from . import tariff
from .book import Book, seconds_of_day
from .dialling import dial
from .exports import Exports
from .money import round_exact
from .periods import in_force, period_of
from .records import Record

Row = dict[str, Any]
BandSpan = tuple[int, int, str]


class Unrated(Exception):
    """The call has no price; the message says why."""


class Tariffs:
    """The book's tariffs, with what is unsound in them set apart."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.unsound_plans = tariff.unsound_plans(book)
        self.unsound_rates = tariff.unsound_rates(book)
        self.destinations: dict[str, list[Row]] = {}
        for row in book.tables["destinations"]:
            self.destinations.setdefault(row["prefix"], []).append(row)
        self.rates: dict[tuple[str, str], list[Row]] = {}
        for row in book.tables["tariff_rates"]:
            self.rates.setdefault((row["tariff_plan_id"], row["zone_id"]), []).append(row)
        self._spans: dict[tuple[str, date], list[BandSpan]] = {}
        self._rates_in_force: dict[tuple[str, str, date], list[Row]] = {}

    def destinations_of(self, called_number: str, day: date) -> tuple[str | None, list[Row]]:
        """The longest prefix in force that starts the number, and its rows (more than one is unsound)."""
        # A service code is found by its own prefixes; the one of no digits is for numbers.
        shortest = 1 if called_number[:1] in ("*", "#") else 0
        for length in range(len(called_number), shortest - 1, -1):
            prefix = called_number[:length]
            rows = [row for row in self.destinations.get(prefix, []) if in_force(row, day)]
            if rows:
                return prefix, rows
        return None, []

    def spans(self, band_set_id: str, day: date) -> list[BandSpan]:
        """(from second, to second, band) of a day of a band set; a holiday has the H rows where there are any."""
        if (band_set_id, day) not in self._spans:
            bands = tariff.bands_of(self.book, band_set_id)
            has_holiday_rows = any("H" in row["days"] for row in bands)
            mark = str(day.isoweekday())
            if day in self.book.holidays:
                counts_as = self.book.holidays[day]
                if counts_as != "H":
                    mark = counts_as
                elif has_holiday_rows:
                    mark = "H"
            self._spans[band_set_id, day] = [
                (seconds_of_day(row["starts_at"]), seconds_of_day(row["ends_at"]), row["band_id"])
                for row in bands
                if mark in row["days"]
            ]
        return self._spans[band_set_id, day]

    def band_at(self, band_set_id: str, instant: datetime) -> str:
        """The band that holds an instant."""
        second = instant.hour * 3600 + instant.minute * 60 + instant.second
        for starts_at, ends_at, band_id in self.spans(band_set_id, instant.date()):
            if starts_at <= second < ends_at:
                return band_id
        raise Unrated("no time band holds the instant")

    def rates_in_force(self, plan_id: str, zone_id: str, day: date) -> list[Row]:
        """The rows of a plan and zone in force on the day a call begins; Unrated where one of them is unsound."""
        key = (plan_id, zone_id, day)
        if key not in self._rates_in_force:
            self._rates_in_force[key] = [row for row in self.rates.get((plan_id, zone_id), []) if in_force(row, day)]
        rows = self._rates_in_force[key]
        for unsound, reason in self.unsound_rates:
            if any(row is unsound for row in rows):
                raise Unrated(f"the tariff book is unsound: {reason}")
        return rows

    def plan_of(self, interval: Row, customer: Row, day: date, selected_id: str | None = None) -> Row:
        """The plan that a dialled code selects, else the number's own plan, else that of the customer's class on the day."""
        plan_id = selected_id or interval["tariff_plan_id"]
        if not plan_id:
            rows = [
                row
                for row in self.book.tables["class_plans"]
                if row["customer_class"] == customer["customer_class"] and in_force(row, day)
            ]
            if not rows:
                raise Unrated("no plan for the customer's class")
            rows.sort(key=lambda row: row["tariff_plan_id"])
            plan_id = max(rows, key=lambda row: row["valid_from"] or date.min)["tariff_plan_id"]
        if plan_id not in self.book.plans:
            raise Unrated(f"unknown plan {plan_id!r}")
        return self.book.plans[plan_id]

    def row_at(self, rates: list[Row], band_id: str, elapsed: int) -> Row:
        """The rate row of a band at a moment of the call: the band's own rows, else those with no band."""
        rows = [row for row in rates if row["band_id"] == band_id] or [row for row in rates if not row["band_id"]]
        rows = [row for row in rows if row["from_second"] <= elapsed]
        if not rows:
            raise Unrated(f"no rate in force in band {band_id!r}")
        return max(rows, key=lambda row: row["from_second"])

    def charge(self, plan: Row, zone_id: str, started_at: datetime, duration: int) -> tuple[int, Fraction]:
        """(charged seconds, exact total) of a call: increment by increment, each at the price where it begins."""
        plan_id = plan["tariff_plan_id"]
        if plan_id in self.unsound_plans:
            raise Unrated(f"the tariff book is unsound: {self.unsound_plans[plan_id]}")
        rates = self.rates_in_force(plan_id, zone_id, started_at.date())
        if not rates:
            raise Unrated("no rate in force")
        first_band = self.band_at(plan["band_set_id"], started_at)
        total = Fraction(self.row_at(rates, first_band, 0)["connect_fee"])
        increments: dict[int, int] = {}
        elapsed = 0
        while elapsed < duration:
            band_id = first_band
            if plan["band_rule"] == "increment":
                band_id = self.band_at(plan["band_set_id"], started_at + timedelta(seconds=elapsed))
            row = self.row_at(rates, band_id, elapsed)
            # Counted here and multiplied below: the same sum, without a fraction for every second.
            increments[id(row)] = increments.get(id(row), 0) + 1
            elapsed += row["increment_seconds"]
        for row in rates:
            price = Fraction(row["rate"]) * row["increment_seconds"] / row["rate_unit_seconds"]
            total += increments.get(id(row), 0) * price
        return elapsed, total


def find_zone(record: Record, tariffs: Tariffs) -> str | None:
    """Set what was dialled, the record's prefix and zone; where there is no single known zone, say why."""
    record.dialled = dial(record.called_number, record.file.source_key, record.call_date, tariffs.book)
    dialled = record.dialled
    chosen = dialled.selected("zone_id")
    for _, rule in dialled.applied:
        if rule["zone_id"] and rule["zone_id"] not in tariffs.book.zones:
            record.zone = tariffs.book.zones.get(chosen or "")
            return f"the tariff book is unsound: a code selects the unknown zone {rule['zone_id']!r}"
    if chosen is not None:
        record.zone = tariffs.book.zones[chosen]
        return None
    prefix, rows = tariffs.destinations_of(dialled.rest, record.call_date)
    record.prefix = prefix
    if not rows:
        return "no destination prefix"
    if len(rows) > 1:
        return f"the tariff book is unsound: prefix {prefix!r} stands twice"
    record.zone = tariffs.book.zones.get(rows[0]["zone_id"])
    return None if record.zone is not None else f"the tariff book is unsound: unknown zone {rows[0]['zone_id']!r}"


def rate(record: Record, tariffs: Tariffs) -> None:
    """Price a documented call or raise Unrated."""
    assert record.zone is not None and record.interval is not None and record.customer is not None
    for _, rule in record.dialled.applied:
        if rule["tariff_plan_id"] and rule["tariff_plan_id"] not in tariffs.book.plans:
            raise Unrated(f"the tariff book is unsound: a code selects the unknown plan {rule['tariff_plan_id']!r}")
    selected_id = record.dialled.selected("tariff_plan_id")
    plan = tariffs.plan_of(record.interval, record.customer, record.call_date, selected_id)
    if record.zone["call_category"] not in tariffs.book.categories:
        raise Unrated("the zone's call category is not in the book")
    charged_seconds, total = tariffs.charge(plan, record.zone["zone_id"], record.started_at, record.duration_seconds)
    record.tariff_plan_id = plan["tariff_plan_id"]
    record.charged_seconds, record.total = charged_seconds, total
    record.amount = round_exact(total, plan["rounding_mode"], plan["rounding_decimals"])


def set_state(record: Record, tariffs: Tariffs, exports: Exports) -> None:
    """Not answered, not charged, undocumented, unrated or rated, in this order."""
    no_zone = find_zone(record, tariffs)
    charged_party = record.zone["charged_party"] if record.zone else "calling"
    record.charged_number = record.payer or (
        record.dialled.rest if charged_party == "called" else record.calling_number
    )
    if record.duration_seconds == 0:
        record.state = "not_answered"
        return
    if record.trunk_group_in and charged_party != "called" and not record.payer:
        record.state = "not_charged"
        return
    record.interval, record.customer = exports.owner_at(record.charged_number, record.started_at)
    if record.interval is None or record.customer is None:
        record.state, record.reason = "undocumented", "the charged number has no owner at the start of the call"
        return
    try:
        if no_zone is not None:
            raise Unrated(no_zone)
        rate(record, tariffs)
    except Unrated as problem:
        record.state, record.reason = "unrated", str(problem)
        return
    record.state = "rated"


def rate_all(records: list[Record], tariffs: Tariffs, exports: Exports, periods: list[str]) -> None:
    """Set the last states of every record that has none yet, and the period of the rated ones."""
    for record in records:
        if record.state == "":
            set_state(record, tariffs, exports)
            if record.state == "rated":
                month = period_of(record.call_date)
                record.billing_period = month if month in periods else periods[0]


def rated_calls(records: list[Record], book: Book) -> list[Row]:
    """One row per rated call."""
    rows = []
    for record in records:
        if record.state != "rated":
            continue
        assert record.zone is not None and record.interval is not None and record.customer is not None
        category = book.categories[record.zone["call_category"]]
        rows.append(
            {
                **record.fields(),
                "exchange_id": book.switches[record.file.source_key]["exchange_id"],
                "service_number": record.charged_number,
                "account_id": record.interval["account_id"],
                "customer_id": record.customer["customer_id"],
                "customer_class": record.customer["customer_class"] or None,
                "business_unit_id": record.customer["business_unit_id"] or None,
                "agent_id": record.customer["agent_id"] or None,
                "outlet_id": record.customer["outlet_id"] or None,
                "access_code": record.dialled.access_code,
                "rated_number": record.dialled.rest,
                "destination_prefix": record.prefix,
                "zone_id": record.zone["zone_id"],
                "call_category": record.zone["call_category"],
                "bill_item_id": category["bill_item_id"],
                "tariff_plan_id": record.tariff_plan_id,
                "charged_seconds": record.charged_seconds,
                "amount": record.amount,
                "list_amount": record.list_amount,
                "package_id": record.package_id,
                "package_number": record.package_number,
                "covered_seconds": record.covered_seconds,
                "covered_amount": record.covered_amount,
                "is_capped": record.is_capped,
                "billing_period": record.billing_period,
            }
        )
    return rows
