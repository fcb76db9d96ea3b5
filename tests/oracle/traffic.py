"""Traffic: seizures, answers and erlangs per trunk group, exchange and customer class; busy hours and Erlang-B."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from .book import Book
from .exports import Exports
from .periods import period_of
from .records import Record

Row = dict[str, Any]

COUNTED_STATES = ("other_day", "not_answered", "not_charged", "undocumented", "unrated", "rated")
# Busy, no answer, refused and the like: the network did its part.
EFFECTIVE_CAUSES = (16, 17, 18, 19, 20, 21)
BLOCKING_TARGET = Fraction(1, 100)
HOUR = timedelta(hours=1)


@dataclass
class Measures:
    """What is counted over one cell."""

    seizures: int = 0
    answers: int = 0
    effective: int = 0
    conversation_seconds: int = 0
    began_seconds: int = 0

    def add(self, other: Measures) -> None:
        """Add another cell's counts."""
        self.seizures += other.seizures
        self.answers += other.answers
        self.effective += other.effective
        self.conversation_seconds += other.conversation_seconds
        self.began_seconds += other.began_seconds

    @property
    def erlangs(self) -> Fraction:
        """Conversation seconds over the seconds of an hour."""
        return Fraction(self.conversation_seconds, 3600)

    def ratios(self) -> Row:
        """The ratios of the counts; None over 0."""
        return {
            "asr": ratio(self.answers, self.seizures),
            "ner": ratio(self.effective, self.seizures),
            "acd_seconds": ratio(self.began_seconds, self.answers),
        }

    def counts(self) -> Row:
        """The counts that are published."""
        return {
            "seizures": self.seizures,
            "answers": self.answers,
            "conversation_seconds": self.conversation_seconds,
        }


Hourly = dict[tuple[str, str, datetime], Measures]


def ratio(part: int | Fraction, whole: int) -> Fraction | None:
    """A ratio, None over 0."""
    return Fraction(part) / whole if whole != 0 else None


def erlang_b(load: Fraction, circuits: int) -> Fraction:
    """The share of calls lost: (A^N / N!) / Σ A^k / k! for k = 0…N."""
    last, total = series(load, circuits)
    return Fraction(last, total)


def series(load: Fraction, circuits: int) -> tuple[int, int]:
    """Last term and sum of the series, both times q^N N! (with A = p/q), so that they are whole numbers."""
    p, q = load.numerator, load.denominator
    last, total = 1, 1
    for k in range(1, circuits + 1):
        last = last * p
        total = total * q * k + last
    return last, total


def circuits_needed(load: Fraction) -> int:
    """The smallest number of circuits that loses at most 1 % of the calls."""
    p, q = load.numerator, load.denominator
    circuits, last, total = 0, 1, 1
    while Fraction(last, 1) > BLOCKING_TARGET * total:
        circuits += 1
        last = last * p
        total = total * q * circuits + last
    return circuits


def hour_of(instant: datetime) -> datetime:
    """The start of the hour that holds an instant."""
    return instant.replace(minute=0, second=0, microsecond=0)


def seconds_by_hour(record: Record) -> list[tuple[datetime, int]]:
    """The conversation of a call, split to the second over the hours that it falls in."""
    parts = []
    at = record.started_at
    while at < record.ended_at:
        end = min(hour_of(at) + HOUR, record.ended_at)
        parts.append((hour_of(at), int((end - at).total_seconds())))
        at = end
    return parts


def of_start(record: Record) -> Measures:
    """What a call counts in the hour in which it begins, its conversation apart."""
    answered = record.duration_seconds > 0
    effective = answered or record.release_cause in EFFECTIVE_CAUSES
    return Measures(seizures=1, answers=int(answered), effective=int(effective), began_seconds=record.duration_seconds)


def hourly(cells: list[tuple[str, str, Record]]) -> Hourly:
    """The measures of every (key, direction) and hour."""
    found: Hourly = {}
    for key, direction, record in cells:
        found.setdefault((key, direction, hour_of(record.started_at)), Measures()).add(of_start(record))
        for hour, seconds in seconds_by_hour(record):
            found.setdefault((key, direction, hour), Measures()).conversation_seconds += seconds
    return found


def counted(records: list[Record]) -> list[Record]:
    """The records in a state that counts for traffic."""
    return [record for record in records if record.state in COUNTED_STATES]


def trunk_hours(records: list[Record]) -> Hourly:
    """In, out and total of every trunk group."""
    cells = []
    for record in counted(records):
        for trunk_group_id, direction in ((record.trunk_group_in, "in"), (record.trunk_group_out, "out")):
            if trunk_group_id:
                cells.append((trunk_group_id, direction, record))
                cells.append((trunk_group_id, "total", record))
    return hourly(cells)


def trunk_traffic_hourly(hours: Hourly) -> list[Row]:
    """One row per trunk group, direction and hour."""
    return [
        {
            "trunk_group_id": trunk_group_id,
            "direction": direction,
            "hour": hour,
            **measures.counts(),
            "erlangs": measures.erlangs,
            **measures.ratios(),
        }
        for (trunk_group_id, direction, hour), measures in hours.items()
    ]


def busiest(hours: dict[int, Measures]) -> int:
    """The hour of day with the greatest load, the earliest on a tie; with no load the earliest with a seizure."""
    heaviest = max(measures.conversation_seconds for measures in hours.values())
    if heaviest == 0:
        return min(hour for hour, measures in hours.items() if measures.seizures > 0)
    return min(hour for hour, measures in hours.items() if measures.conversation_seconds == heaviest)


def load_columns(load: Fraction, trunk_group_id: str, book: Book) -> Row:
    """What a busy-hour load means for the trunk group's circuits."""
    trunk_group = book.trunk_groups.get(trunk_group_id)
    circuits = trunk_group["circuits"] if trunk_group else None
    return {
        "busy_hour_erlangs": load,
        "circuits": circuits,
        "circuits_needed": circuits_needed(load),
        "utilisation": ratio(load, circuits) if circuits is not None else None,
        "blocking": erlang_b(load, circuits) if circuits is not None else None,
    }


def total_hours(hours: Hourly) -> dict[str, dict[datetime, Measures]]:
    """The hours of direction total by trunk group."""
    found: dict[str, dict[datetime, Measures]] = {}
    for (trunk_group_id, direction, hour), measures in hours.items():
        if direction == "total":
            found.setdefault(trunk_group_id, {})[hour] = measures
    return found


def trunk_traffic_daily(hours: Hourly, book: Book) -> list[Row]:
    """One row per trunk group and day with traffic, with its busy hour."""
    rows = []
    for trunk_group_id, of_group in total_hours(hours).items():
        for day in sorted({hour.date() for hour in of_group}):
            of_day = {hour.hour: measures for hour, measures in of_group.items() if hour.date() == day}
            whole = Measures()
            for measures in of_day.values():
                whole.add(measures)
            busy_hour = busiest(of_day)
            rows.append(
                {
                    "trunk_group_id": trunk_group_id,
                    "date": day,
                    **whole.counts(),
                    **whole.ratios(),
                    "busy_hour": busy_hour,
                    **load_columns(of_day[busy_hour].erlangs, trunk_group_id, book),
                }
            )
    return rows


def trunk_traffic_monthly(hours: Hourly, book: Book) -> list[Row]:
    """One row per trunk group and month with traffic: the time-consistent busy hour."""
    rows = []
    for trunk_group_id, of_group in total_hours(hours).items():
        for month in sorted({period_of(hour.date()) for hour in of_group}):
            of_day_hour: dict[int, Measures] = {}
            days: set[date] = set()
            for hour, measures in of_group.items():
                if period_of(hour.date()) == month:
                    of_day_hour.setdefault(hour.hour, Measures()).add(measures)
                    days.add(hour.date())
            busy_hour = busiest(of_day_hour)
            load = of_day_hour[busy_hour].erlangs / len(days)
            rows.append(
                {
                    "trunk_group_id": trunk_group_id,
                    "month": month,
                    "busy_hour": busy_hour,
                    **load_columns(load, trunk_group_id, book),
                }
            )
    return rows


def daily_by(column: str, cells: list[tuple[str, str, Record]]) -> list[Row]:
    """One row per key and day, with the conversation that falls in the day."""
    days: dict[tuple[str, date], Measures] = {}
    for (key, _, hour), measures in hourly(cells).items():
        days.setdefault((key, hour.date()), Measures()).add(measures)
    return [
        {column: key, "date": day, **whole.counts(), "erlangs": whole.erlangs, **whole.ratios()}
        for (key, day), whole in days.items()
    ]


def traffic_by_exchange(records: list[Record], book: Book) -> list[Row]:
    """The measures by the exchange of the switch that wrote the record."""
    cells = [(book.switches[record.file.source_key]["exchange_id"], "total", record) for record in counted(records)]
    return daily_by("exchange_id", cells)


def traffic_by_customer_class(records: list[Record], exports: Exports) -> list[Row]:
    """The measures by the class of the calling number's owner, `unknown` where it has none."""
    cells = []
    for record in counted(records):
        _, customer = exports.owner_at(record.calling_number, record.started_at)
        cells.append(((customer["customer_class"] if customer else "") or "unknown", "total", record))
    return daily_by("customer_class", cells)
