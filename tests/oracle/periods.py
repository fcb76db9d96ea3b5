"""Billing periods (calendar months, `YYYY-MM`) and validity of dated rows. No business rule beyond the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any


def period_of(day: date) -> str:
    """The calendar month of a day."""
    return f"{day.year:04d}-{day.month:02d}"


def first_day(period: str) -> date:
    """The first day of a period."""
    return date(int(period[:4]), int(period[5:7]), 1)


def next_period(period: str) -> str:
    """The month after."""
    return period_of(first_day(period) + timedelta(days=31))


def last_day(period: str) -> date:
    """The last day of a period."""
    return first_day(next_period(period)) - timedelta(days=1)


def issue_date(period: str) -> date:
    """Bills are issued on the 1st of the month after their period."""
    return first_day(next_period(period))


def due_date(period: str) -> date:
    """Bills are due on the 25th of the month after their period."""
    return issue_date(period).replace(day=25)


def periods_between(first: str, last: str) -> list[str]:
    """Every period from first to last, both included; none where first lies after last."""
    periods = []
    period = first
    while period <= last:
        periods.append(period)
        period = next_period(period)
    return periods


def in_force(row: dict[str, Any], day: date) -> bool:
    """Whether a dated row of the reference book is in force on a day: `[valid_from, valid_to)`, empty = unbounded."""
    begun = row["valid_from"] is None or row["valid_from"] <= day
    ended = row["valid_to"] is not None and row["valid_to"] <= day
    return begun and not ended
