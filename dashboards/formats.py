"""How figures are written for people: the same in both languages, exact, and safe to copy into a spreadsheet.

Money comes as Decimal and is never turned into a binary float. A minus is the plain `-`, so that copies stay numbers.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

NOTHING = "–"

_CENT = Decimal("0.01")


def money(amount: Decimal | None) -> str:
    """Two decimals, thousands separators: 1,234,567.80."""
    return NOTHING if amount is None else f"{Decimal(amount).quantize(_CENT, ROUND_HALF_UP):,.2f}"


def count(number: int | None) -> str:
    """A whole number with thousands separators."""
    return NOTHING if number is None else f"{int(number):,}"


def decimal(number: float | Decimal | None, places: int = 2) -> str:
    """A measured quantity with fixed decimals and thousands separators."""
    return NOTHING if number is None else f"{_rounded(number, places):,.{places}f}"


def percent(ratio: float | Decimal | None, places: int = 2) -> str:
    """A ratio 0–1 as a percentage: 0.9643 is 96.43 %."""
    return NOTHING if ratio is None else f"{decimal(_exact(ratio) * 100, places)} %"


def points(change: float | Decimal | None) -> str:
    """A difference of two ratios in percentage points, always with its sign: +1.25."""
    return NOTHING if change is None else f"{_rounded(_exact(change) * 100, 2):+.2f}"


def minutes(seconds: int | None) -> str:
    """Seconds as whole minutes, half up."""
    if seconds is None:
        return NOTHING
    return f"{(int(seconds) + 30) // 60:,}"


def day(value: date | None) -> str:
    """A date as YYYY-MM-DD."""
    return NOTHING if value is None else f"{value:%Y-%m-%d}"


def moment(text: str, time_zone: str = "UTC") -> str:
    """An ISO time by the clock of a time zone: 2026-05-21 07:15:04 Asia/Shanghai; one without offset is unchanged."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        return text.replace("T", " ")
    return f"{instant.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M:%S} {time_zone}"


def hour_of_day(value: datetime | int | None) -> str:
    """An hour by its start and end: 20:00–21:00."""
    if value is None:
        return NOTHING
    hour = value.hour if isinstance(value, datetime) else int(value)
    return f"{hour:02d}:00–{hour + 1:02d}:00"


def ratio_of(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """part ÷ whole as an exact ratio; None where the whole is 0."""
    return None if whole == 0 else Decimal(part) / Decimal(whole)


def _exact(number: float | Decimal) -> Decimal:
    # By way of the shortest text: 0.1 + 0.2 noise of a DOUBLE must not reach the second decimal of a percentage.
    return number if isinstance(number, Decimal) else Decimal(str(number))


def _rounded(number: float | Decimal, places: int) -> Decimal:
    return _exact(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
