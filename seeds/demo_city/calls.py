"""The ordinary traffic, drawn column by column: outgoing, incoming and transit calls that never overlap on a number.

Numbers and trunk groups are places in one pool of texts, so that hundreds of thousands of calls cost arrays, not
objects. Planted calls are appended by awkward_calls; files.py cuts the table into files.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

import numpy as np

from seeds.demo_city import traffic_shapes as shapes
from seeds.demo_city.dialled import (
    DIRECT_IN,
    INCOMING_KINDS,
    TO_CENTRAL,
    TRANSIT_ROUTES,
    foreign_numbers,
    trunk_out,
)
from seeds.demo_city.people import City, Line

DAY = 86_400
SWITCH_OF_UNIT = {"BU01": "SC1", "BU02": "SC2", "BU03": "SE1", "BU04": "SW1", "BU05": "SH1", "BU06": "SQ1"}
SWITCH_OF_EXCHANGE = {"E01": "SC1", "E02": "SE1", "E03": "SW1", "E04": "SH1", "E05": "SQ1"}
TOLL_SWITCH = "ST1"


class Texts:
    """A pool of texts; columns hold places in it. Place 0 is the empty text."""

    def __init__(self) -> None:
        self.values: list[str] = [""]
        self._places: dict[str, int] = {"": 0}

    def place(self, text: str) -> int:
        """The text's place, new or known."""
        if text not in self._places:
            self._places[text] = len(self.values)
            self.values.append(text)
        return self._places[text]

    def places(self, texts: list[str]) -> np.ndarray:
        """The places of several texts."""
        return np.array([self.place(text) for text in texts], dtype=np.int32)


@dataclass
class Calls:
    """Call columns. `start` is in seconds since 1970 of the wall clock; `line` is the own caller's place or -1."""

    switch: np.ndarray
    calling: np.ndarray
    called: np.ndarray
    trunk_in: np.ndarray
    trunk_out: np.ndarray
    start: np.ndarray
    duration: np.ndarray
    cause: np.ndarray
    line: np.ndarray
    kind: np.ndarray
    planted: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __len__(self) -> int:
        return len(self.start)

    def take(self, places: np.ndarray) -> Calls:
        """The calls at these places."""
        return Calls(**{f.name: getattr(self, f.name)[places] for f in fields(self)})


def joined(parts: list[Calls]) -> Calls:
    """One table of several."""
    return Calls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Calls)})


def wall_seconds(moment: datetime) -> int:
    """Seconds since 1970 of a wall-clock instant."""
    return int(moment.replace(tzinfo=UTC).timestamp())


def switch_of(line: Line, city: City) -> str:
    """The switch that serves a line: by unit in the central exchange, else the exchange's own."""
    if line.interval.exchange_id == "E01":
        unit = line.customer.business_unit_id
        return SWITCH_OF_UNIT[unit] if unit in ("BU01", "BU02") else "SC1"
    return SWITCH_OF_EXCHANGE[line.interval.exchange_id]


class Traffic:
    """Draws the city's ordinary calls."""

    def __init__(self, city: City, texts: Texts) -> None:
        self.city = city
        self.texts = texts
        self.rng = city.stream(2)
        calendar = city.calendar
        self.days = calendar.days
        self.first = wall_seconds(datetime.combine(calendar.first_day, datetime.min.time()))
        self.weekdays = np.array([day.weekday() for day in self.days])
        self.holiday = np.array([day in calendar.holidays for day in self.days])
        self.lines = [
            line for line in city.lines if not line.quiet and not line.interval.service_number.startswith("800")
        ]
        self.active = self._active_days()

    def _active_days(self) -> np.ndarray:
        """Line × day: whether the number is in service all day."""
        first = self.city.calendar.first_day
        starts = np.array([(line.interval.valid_from.date() - first).days for line in self.lines])
        never = len(self.days) + 1
        ends = np.array(
            [(line.interval.valid_to.date() - first).days if line.interval.valid_to else never for line in self.lines]
        )
        number = np.arange(len(self.days))
        return (number >= starts[:, None]) & (number < ends[:, None])

    def all(self) -> Calls:
        """Outgoing, incoming and transit calls by (calling number, start), none overlapping on its number."""
        parts = [self._outgoing(), self._incoming(), self._transit()]
        calls = joined([part for part in parts if len(part)])
        calls.planted = np.zeros(len(calls), dtype=bool)
        return self._without_overlaps(calls)

    def _without_overlaps(self, calls: Calls) -> Calls:
        last = self.first + len(self.days) * DAY
        calls = calls.take(np.lexsort((calls.start, calls.calling)))
        offset = calls.calling.astype(np.int64) << 40
        ends = np.maximum.accumulate(offset + calls.start + np.maximum(calls.duration, 1))
        free = np.ones(len(calls), dtype=bool)
        free[1:] = (offset + calls.start)[1:] > ends[:-1]
        return calls.take(np.flatnonzero(free & (calls.start + calls.duration < last)))

    def _counts(self, rates: np.ndarray, office: np.ndarray, month_factors: bool) -> np.ndarray:
        home_days = shapes.day_factors(shapes.HOME_DAYS, self.weekdays, self.holiday)
        office_days = shapes.day_factors(shapes.OFFICE_DAYS, self.weekdays, self.holiday)
        means = rates[:, None] * np.where(office[:, None], office_days, home_days) * self.active
        if month_factors:
            months = [day.replace(day=1) for day in self.days]
            for place, line in enumerate(self.lines):
                if line.month_factors:
                    means[place] *= [line.month_factors.get(month, 1.0) for month in months]
        return np.asarray(self.rng.poisson(means))

    def _drawn(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = counts.shape
        flat = np.repeat(np.arange(rows * columns), counts.ravel())
        return flat // columns, flat % columns

    def _causes(self, duration: np.ndarray) -> np.ndarray:
        answered = shapes.draw_weighted(self.rng, shapes.ANSWERED_CAUSES, len(duration))
        unanswered = shapes.draw_weighted(self.rng, shapes.UNANSWERED_CAUSES, len(duration))
        return np.where(duration > 0, answered, unanswered)

    def _is_office(self) -> np.ndarray:
        return np.array([line.customer.customer_class in ("business", "trunk_line") for line in self.lines])

    def _outgoing(self) -> Calls:
        rng, lines = self.rng, self.lines
        office = self._is_office()
        rates = np.array([shapes.ATTEMPTS.get(line.customer.customer_class, 1.5) for line in lines])
        rates = rates * np.exp(0.45 * rng.standard_normal(len(lines)) - 0.1)
        caller, day = self._drawn(self._counts(rates, office, month_factors=True))
        count = len(caller)
        seconds = np.where(
            office[caller],
            shapes.draw_hours(rng, shapes.OFFICE_HOURS, count),
            shapes.draw_hours(rng, shapes.HOME_HOURS, count),
        )
        kinds = self._draw_kinds(caller)
        duration = shapes.draw_durations(rng, kinds)
        called, out = self._dialled(caller, kinds)
        calling = self.texts.places([line.interval.service_number for line in lines])
        switches = self.texts.places([switch_of(line, self.city) for line in lines])
        places = {id(line): place for place, line in enumerate(self.city.lines)}
        line_places = np.array([places[id(line)] for line in lines], dtype=np.int32)
        return Calls(
            switch=switches[caller],
            calling=calling[caller],
            called=called,
            trunk_in=np.zeros(count, dtype=np.int32),
            trunk_out=out,
            start=self.first + day * DAY + seconds,
            duration=duration,
            cause=self._causes(duration),
            line=line_places[caller],
            kind=kinds.astype(np.int32),
            planted=np.zeros(count, dtype=bool),
        )

    def _draw_kinds(self, caller: np.ndarray) -> np.ndarray:
        classes = np.array([line.customer.customer_class for line in self.lines])
        kinds = np.zeros(len(caller), dtype=np.int64)
        for customer_class, weights in shapes.KIND_WEIGHTS.items():
            mine = np.flatnonzero((classes == customer_class)[caller])
            kinds[mine] = shapes.draw_weighted(self.rng, (tuple(range(len(shapes.KINDS))), weights), len(mine))
        return kinds

    def _dialled(self, caller: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Called numbers and trunk groups out: favourites of a pool per kind, by the caller's exchange."""
        rng = self.rng
        exchanges = sorted({line.interval.exchange_id for line in self.lines})
        exchange = np.array([exchanges.index(line.interval.exchange_id) for line in self.lines])[caller]
        called = np.zeros(len(caller), dtype=np.int32)
        out = np.zeros(len(caller), dtype=np.int32)
        own = {line.interval.service_number: line.interval.exchange_id for line in self.lines}
        toll_free = [
            line.interval.service_number for line in self.city.lines if line.interval.service_number[:3] == "800"
        ]
        for place, kind in enumerate(shapes.KINDS):
            mine = np.flatnonzero(kinds == place)
            if not len(mine):
                continue
            if kind == "local":
                pool = list(own)
            elif kind == "toll_free":
                pool = toll_free
            else:
                pool = foreign_numbers(rng, kind, max(50, len(mine) // 6))
            pick = (rng.random(len(mine)) ** 1.6 * len(pool)).astype(np.int64)
            called[mine] = self.texts.places(pool)[pick]
            routes = np.array(
                [[self.texts.place(trunk_out(kind, e, n, own.get(n, ""))) for n in pool] for e in exchanges],
                dtype=np.int32,
            )
            out[mine] = routes[exchange[mine], pick]
        return called, out

    def _incoming(self) -> Calls:
        rng, lines = self.rng, self.lines
        called_line, day = self._drawn(self._counts(np.full(len(lines), shapes.INCOMING), self._is_office(), False))
        count = len(called_line)
        origin = shapes.draw_weighted(rng, ((0, 1, 2, 3), tuple(weight for _, weight, _ in INCOMING_KINDS)), count)
        calling = np.zeros(count, dtype=np.int32)
        central = self.texts.places([trunk for _, _, trunk in INCOMING_KINDS])[origin]
        for place, (kind, _, _) in enumerate(INCOMING_KINDS):
            mine = np.flatnonzero(origin == place)
            pool = self.texts.places(foreign_numbers(rng, kind, max(50, len(mine) // 5)))
            calling[mine] = pool[(rng.random(len(mine)) ** 1.3 * len(pool)).astype(np.int64)]
        exchange_ids = [line.interval.exchange_id for line in lines]
        plain = self.texts.places([TO_CENTRAL.get(exchange, "") for exchange in exchange_ids])
        direct = self.texts.places([DIRECT_IN.get(exchange, TO_CENTRAL.get(exchange, "")) for exchange in exchange_ids])
        elsewhere = np.where(rng.random(count) < 0.25, direct[called_line], plain[called_line])
        is_central = np.array([exchange == "E01" for exchange in exchange_ids])[called_line]
        kinds = np.zeros(count, dtype=np.int64)
        duration = shapes.draw_durations(rng, kinds)
        called = self.texts.places([line.interval.service_number for line in lines])
        switches = self.texts.places([switch_of(line, self.city) for line in lines])
        return Calls(
            switch=switches[called_line],
            calling=calling,
            called=called[called_line],
            trunk_in=np.where(is_central, central, elsewhere).astype(np.int32),
            trunk_out=np.zeros(count, dtype=np.int32),
            start=self.first + day * DAY + shapes.draw_hours(rng, shapes.INCOMING_HOURS, count),
            duration=duration,
            cause=self._causes(duration),
            line=np.full(count, -1, dtype=np.int32),
            kind=np.full(count, -1, dtype=np.int32),
            planted=np.zeros(count, dtype=bool),
        )

    def _transit(self) -> Calls:
        rng = self.rng
        mean = max(shapes.TRANSIT_FLOOR, shapes.TRANSIT * len(self.lines))
        office = shapes.day_factors(shapes.OFFICE_DAYS, self.weekdays, self.holiday)
        counts = rng.poisson(mean * (0.5 + 0.5 * office))[None, :]
        _, day = self._drawn(counts)
        count = len(day)
        route = rng.integers(0, len(TRANSIT_ROUTES), count)
        calling = np.zeros(count, dtype=np.int32)
        called = np.zeros(count, dtype=np.int32)
        for place, (from_kind, _, to_kind, _) in enumerate(TRANSIT_ROUTES):
            mine = np.flatnonzero(route == place)
            for column, kind in ((calling, from_kind), (called, to_kind)):
                pool = self.texts.places(foreign_numbers(rng, kind, max(100, len(mine) // 3)))
                column[mine] = pool[rng.integers(0, len(pool), len(mine))]
        duration = shapes.draw_durations(rng, np.zeros(count, dtype=np.int64))
        return Calls(
            switch=np.full(count, self.texts.place(TOLL_SWITCH), dtype=np.int32),
            calling=calling,
            called=called,
            trunk_in=self.texts.places([entry for _, entry, _, _ in TRANSIT_ROUTES])[route],
            trunk_out=self.texts.places([leave for _, _, _, leave in TRANSIT_ROUTES])[route],
            start=self.first + day * DAY + shapes.draw_hours(rng, shapes.INCOMING_HOURS, count),
            duration=duration,
            cause=self._causes(duration),
            line=np.full(count, -1, dtype=np.int32),
            kind=np.full(count, -1, dtype=np.int32),
            planted=np.zeros(count, dtype=bool),
        )
