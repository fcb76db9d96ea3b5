"""A small published edition with figures worked by hand.

As-of 2026-03-20, so 2026-02 is complete (issued on 1 March) and 2026-03 runs. In 2026-02 the branch bills 1,300.00 in
three bills and has received 1,040.00: 80.00 %. In 2026-01 it billed 200.00 and received 190.00: 95.00 %, of which 150.00 came
by 20 February, when its bills were as old as those of 2026-02 are now: 75.00 %. So the change is -15.00 points on the
as-of date and +5.00 points at the same age.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.dashboards.editions import Rows, gate, write_edition

AS_OF = "2026-03-20"
_DAY = date(2026, 3, 20)

# read, malformed, ignored, held, duplicate, other day, not answered, not charged, undocumented, unrated, rated
_LOADED = (1000, 1, 7, 0, 2, 3, 6, 400, 100, 4, 5, 472)
_HELD = (1000, 0, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0)
_UNREAD = (0,) * 12
_WHY_HELD = 'ctl says "900" records <&>'

MARTS: Mapping[str, Rows] = {
    "dimension_names": [
        ("branch", "branch", "临江市分公司", "Linjiang Branch"),
        ("business_unit", "U1", "城东经营部", 'East <b>&"Unit"'),
        ("business_unit", "U2", "城西经营部", "West Unit"),
        ("agent", "A1", "宏达代理", "Hongda Agency"),
        ("trunk_group", "T1", "城东—长途", "East to toll"),
    ],
    "billing_periods": [
        ("2026-01", "closed", "2026-02-01", "2026-02-25"),
        ("2026-02", "open", "2026-03-01", "2026-03-25"),
        ("2026-03", "provisional", "2026-04-01", "2026-04-25"),
    ],
    "collection_rates": [
        ("2026-01", "branch", "branch", _DAY, 2, Decimal("200.00"), Decimal("190.00"), 0.95),
        ("2026-02", "branch", "branch", _DAY, 3, Decimal("1300.00"), Decimal("1040.00"), 0.8),
        ("2026-02", "business_unit", "U1", _DAY, 2, Decimal("1100.00"), Decimal("880.00"), 0.8),
        ("2026-02", "business_unit", "U2", _DAY, 1, Decimal("200.00"), Decimal("160.00"), 0.8),
        ("2026-02", "customer_class", "residential", _DAY, 3, Decimal("1300.00"), Decimal("1040.00"), 0.8),
        # A row of the running period must never be taken for a complete one.
        ("2026-03", "branch", "branch", _DAY, 9, Decimal("999.00"), Decimal("0.00"), 0.0),
    ],
    "bills": [
        ("C1", "2026-01", "K1", "residential", "U1", None, None, Decimal("150.00"), None, None, False),
        ("C2", "2026-01", "K2", "residential", "U1", None, None, Decimal("50.00"), None, None, False),
        ("C1", "2026-02", "K1", "residential", "U1", None, None, Decimal("1000.00"), None, None, False),
        ("C3", "2026-02", "K1", "residential", "U1", None, None, Decimal("100.00"), None, None, False),
        ("C2", "2026-02", "K2", "residential", "U2", None, None, Decimal("200.00"), None, None, False),
        ("C2", "2026-03", "K2", "residential", "U2", None, None, Decimal("999.00"), None, None, True),
    ],
    "payment_applications": [
        ("P1", "C1", "2026-01", date(2026, 2, 20), Decimal("150.00")),
        ("P2", "C2", "2026-01", date(2026, 2, 21), Decimal("40.00")),
        ("P3", "C1", "2026-02", date(2026, 3, 5), Decimal("880.00")),
        ("P4", "C2", "2026-02", date(2026, 3, 6), Decimal("160.00")),
    ],
    "rated_calls": [
        ("f:1", datetime(2026, 2, 3, 9), date(2026, 2, 3), 90, Decimal("0.220000"), "2026-02"),
        ("f:2", datetime(2026, 2, 4, 9), date(2026, 2, 4), 3600, Decimal("7.200000"), "2026-02"),
        ("f:3", datetime(2026, 3, 4, 9), date(2026, 3, 4), 60, Decimal("0.110000"), "2026-03"),
    ],
    "arrears": [
        ("C2", Decimal("10.00"), 24, Decimal("10.00"), Decimal("0"), Decimal("0"), Decimal("0"), True),
        ("C9", Decimal("2345.67"), 95, Decimal("0"), Decimal("0"), Decimal("345.67"), Decimal("2000.00"), True),
    ],
    "commission_lines": [
        ("A1", "2025-12", "on_time", Decimal("1"), Decimal("1"), Decimal("77777.77")),
        ("A1", "2026-01", "on_time", Decimal("190.00"), Decimal("5"), Decimal("9.50")),
        ("A1", "2026-01", "clawback", Decimal("1"), Decimal("2.25"), Decimal("-2.25")),
    ],
    "commission_statements": [
        ("A1", "2025-12", 1, Decimal("77777.77")),
        ("A1", "2026-01", 2, Decimal("7.25")),
    ],
    # 2 and 9 February 2026 are Mondays, 7 February is a Saturday.
    "trunk_traffic_hourly": [
        ("T1", "total", datetime(2026, 2, 2, 10), 9, 8, 36000, 10.0),
        ("T1", "total", datetime(2026, 2, 9, 10), 9, 8, 72000, 20.0),
        ("T1", "in", datetime(2026, 2, 9, 10), 9, 8, 72000, 20.0),
        ("T1", "total", datetime(2026, 2, 7, 10), 9, 8, 14400, 4.0),
    ],
    "trunk_traffic_daily": [
        ("T1", date(2026, 2, 2), 9, 8, 36000, 0.888, datetime(2026, 2, 2, 10), 10.0, 30, 18, 0.333, 0.0),
        ("T1", date(2026, 2, 9), 90, 72, 72000, 0.8, datetime(2026, 2, 9, 10), 20.337, 28, 30, 0.7263, 0.0219),
        ("T1", date(2026, 3, 9), 90, 72, 72000, 0.8, datetime(2026, 3, 9, 10), 99.0, 28, 115, 3.5, 0.7),
    ],
    "file_reconciliation": [
        ("f1", "cdr", "SW1_20260203_000001.csv", "sw1", "SW1", date(2026, 2, 3), "loaded", None, *_LOADED),
        ("f2", "cdr", "SW1_20260204_000002.csv", "sw1", "SW1", date(2026, 2, 4), "held", _WHY_HELD, *_HELD),
        ("f3", "bank", "ICBC_20260305_1.txt", "icbc", None, date(2026, 3, 5), "rejected", "same content", *_UNREAD),
    ],
    "money_at_risk": [
        ("undocumented", "8-30", "U1", 2, 240, Decimal("0.400000"), 0),
        ("undocumented", "8-30", None, 1, 60, Decimal("0.100000"), 0),
        ("undocumented", "2-7", "U1", 1, 60, None, 1),
    ],
    "problem_bulletin": [
        (
            "p1",
            _DAY,
            "undocumented_number",
            "warn",
            "U1",
            None,
            "2345678",
            "Nobody holds it",
            4,
            date(2026, 2, 3),
            None,
        ),
        ("p2", _DAY, "file_held", "error", None, None, "f2", "Held", 1, date(2026, 2, 4), None),
        ("p3", _DAY, "file_held", "error", None, None, "f0", "Fixed long ago", 1, date(2026, 1, 4), date(2026, 1, 9)),
    ],
}

GATES = [
    gate("call_rated_twice"),
    gate(
        "hardly_any_duplicates", "warn", success=False, failed_rows=2, sample=[{"file_name": "<b>&", "share": "0.31"}]
    ),
]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The folder of published editions, empty."""
    folder = tmp_path / "published"
    folder.mkdir()
    return folder


@pytest.fixture
def edition_dir(published: Path) -> Path:
    """The hand-worked edition."""
    return write_edition(published, AS_OF, MARTS, GATES)
