"""How figures are written for people: the same in both languages, exact, and safe to copy into a spreadsheet.

Money comes as Decimal and is never turned into a binary float. A minus is the plain `-`, so that copies stay numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.i18n import Translate
from dashboards.pages.model import Cell, Details, Kind, Linked, Mark, Named

NOTHING = "–"

_CENT = Decimal("0.01")


def written(cell: Cell, kind: Kind, t: Translate) -> str:
    """A cell as it is read on the screen."""
    value = plain(cell)
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    return _WRITERS[kind](value, t)


def plain(cell: Cell) -> Any:
    """The bare value of a cell, without its colour, its link, and of a member its name; None where it is empty."""
    if isinstance(cell, Mark | Linked):
        cell = cell.value
    if isinstance(cell, Named):
        return cell.name
    if isinstance(cell, Details):
        return cell.summary
    return None if cell == "" else cell


def money(amount: Decimal | None) -> str:
    """Two decimals, thousands separators: 1,234,567.80."""
    return NOTHING if amount is None else f"{Decimal(amount).quantize(_CENT, ROUND_HALF_UP):,.2f}"


def amount(value: Decimal | None) -> str:
    """An exact amount with all its digits, at least two decimals: 0.22, 1,234.5678."""
    if value is None:
        return NOTHING
    whole, _, fraction = f"{Decimal(value):,f}".partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def count(number: int | None) -> str:
    """A whole number with thousands separators."""
    return NOTHING if number is None else f"{int(number):,}"


def decimal(number: float | Decimal | None, places: int = 2) -> str:
    """A measured quantity with fixed decimals and thousands separators."""
    return NOTHING if number is None else f"{_rounded(number, places):,.{places}f}"


def percent(ratio: float | Decimal | None, places: int = 2) -> str:
    """A ratio 0–1 as a percentage: 0.9643 is 96.43 %."""
    return NOTHING if ratio is None else f"{decimal(exact(ratio) * 100, places)} %"


def points(change: float | Decimal | None) -> str:
    """A difference of two ratios in percentage points, always with its sign: +1.25."""
    return NOTHING if change is None else f"{_rounded(exact(change) * 100, 2):+.2f}"


def minutes(seconds: int | None) -> str:
    """Seconds as whole minutes, half up."""
    return NOTHING if seconds is None else f"{(int(seconds) + 30) // 60:,}"


def day(value: date | None) -> str:
    """A date as YYYY-MM-DD."""
    return NOTHING if value is None else f"{value:%Y-%m-%d}"


def moment(text: str, time_zone: str = "UTC") -> str:
    """An ISO time by the clock of a time zone: 2026-05-21 07:15:04 Asia/Shanghai; one without offset is unchanged."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        return text.replace("T", " ")
    return f"{instant.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M:%S} {time_zone}"


def clock(value: datetime) -> str:
    """A time of the marts, which are by the branch's clock: 2026-05-21 07:15:04."""
    return f"{value:%Y-%m-%d %H:%M:%S}"


def hour_of_day(value: datetime | int | None) -> str:
    """An hour by its start and end: 20:00–21:00."""
    if value is None:
        return NOTHING
    hour = value.hour if isinstance(value, datetime) else int(value)
    return f"{hour:02d}:00–{hour + 1:02d}:00"


def ratio_of(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """part ÷ whole as an exact ratio; None where the whole is 0."""
    return None if whole == 0 else Decimal(part) / Decimal(whole)


def _any(value: Any, t: Translate) -> str:
    if isinstance(value, bool):
        return t("site.yes") if value else t("site.no")
    if isinstance(value, datetime):
        return clock(value)
    if isinstance(value, date):
        return day(value)
    return str(value)


_WRITERS: dict[Kind, Callable[[Any, Translate], str]] = {
    "text": _any,
    "flag": _any,
    "period": _any,
    "moment": _any,
    "day": lambda value, t: day(value),
    "money": lambda value, t: money(value),
    "amount": lambda value, t: amount(value),
    "count": lambda value, t: count(value),
    "decimal": lambda value, t: decimal(value),
    "percent": lambda value, t: percent(value),
    "points": lambda value, t: points(value),
    "hour": lambda value, t: hour_of_day(value),
}


def exact(number: float | Decimal) -> Decimal:
    """A number as the exact decimal that people read."""
    # By way of the shortest text: 0.1 + 0.2 noise of a DOUBLE must not reach the second decimal of a percentage.
    return number if isinstance(number, Decimal) else Decimal(str(number))


def _rounded(number: float | Decimal, places: int) -> Decimal:
    return exact(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
