"""The days the city lives through: billing months, snapshot days, holidays. No traffic weights here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True)
class Calendar:
    """From the first day of the first month to the last day with calls."""

    first_day: date
    last_day: date
    holidays: frozenset[date]

    @classmethod
    def of(cls, months: int, last_day: date, holidays: frozenset[date]) -> Calendar:
        """`months` calendar months, the last one being that of `last_day`."""
        if months < 1:
            raise ValueError(f"months: {months} is too few; give 1 or more")
        index = last_day.year * 12 + last_day.month - 1 - (months - 1)
        return cls(date(index // 12, index % 12 + 1, 1), last_day, holidays)

    @property
    def days(self) -> list[date]:
        """Every day with calls."""
        return [self.first_day + timedelta(n) for n in range((self.last_day - self.first_day).days + 1)]

    @property
    def month_starts(self) -> list[date]:
        """The first day of each month."""
        return [day for day in self.days if day.day == 1]

    def ended_months(self) -> list[date]:
        """First days of the months whose bills are issued by the last day."""
        return [start for start in self.month_starts if next_month(start) <= self.last_day]

    def snapshot_days(self) -> list[date]:
        """When the customer system exports: the 1st, the 15th of the first month, and the last day."""
        middle = self.first_day.replace(day=15)
        return sorted({*self.month_starts, *([middle] if middle <= self.last_day else []), self.last_day})

    def share(self, fraction: float) -> date:
        """The day at a fraction of the way, so that planted cases fit cities of any length."""
        return self.first_day + timedelta(round((self.last_day - self.first_day).days * fraction))

    def at(self, fraction: float, clock: str) -> datetime:
        """The instant `clock` (HH:MM:SS) on the day at a fraction of the way."""
        return datetime.combine(self.share(fraction), time.fromisoformat(clock))

    def working_day(self, fraction: float) -> date:
        """The next Monday to Friday at a fraction of the way that is not a holiday and not the last two days."""
        start = self.share(fraction)
        after = [start + timedelta(n) for n in range((self.last_day - start).days - 1)]
        before = [start - timedelta(n) for n in range((start - self.first_day).days + 1)]
        for day in after + before:
            if day.isoweekday() <= 5 and day not in self.holidays:
                return day
        return start


def next_month(day: date) -> date:
    """The first day of the month after."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
