"""How figures are written, worked by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from dashboards import formats


def test_money_is_exact_beyond_binary_floats() -> None:
    assert formats.money(Decimal("9007199254740993.01")) == "9,007,199,254,740,993.01"
    assert formats.money(Decimal("0.005")) == "0.01"
    assert formats.money(Decimal("-1234.5")) == "-1,234.50"
    assert formats.money(None) == "–"


def test_ratios_and_points() -> None:
    assert formats.percent(0.9643) == "96.43 %"
    assert formats.percent(1.0) == "100.00 %"
    assert formats.points(0.8 - 0.95) == "-15.00"
    assert formats.points(Decimal("0.0125")) == "+1.25"
    assert formats.ratio_of(1, 0) is None
    assert formats.minutes(29) == "0" and formats.minutes(30) == "1" and formats.minutes(3_600_000) == "60,000"


def test_times() -> None:
    assert formats.hour_of_day(datetime(2026, 2, 9, 23)) == "23:00–24:00"
    assert formats.moment("2026-05-20T22:27:30Z") == "2026-05-20 22:27:30 UTC"
    assert formats.moment("2026-05-20T22:27:30Z", "Asia/Shanghai") == "2026-05-21 06:27:30 Asia/Shanghai"
