"""What is listed as open before March is closed: each kind with its count and money, and nothing of another month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import NewFile
from orchestration.month_end.checklist import OpenItem, open_items
from orchestration.publishing.reading import current_edition
from tests.dashboards.editions import write_edition

PERIODS = [
    {"billing_period": "2026-03", "period_state": "open", "issued_on": "2026-04-01", "due_on": "2026-04-25"},
    {"billing_period": "2026-04", "period_state": "open", "issued_on": "2026-05-01", "due_on": "2026-05-25"},
]
SUSPENDED = [
    {"call_id": "1", "state": "undocumented", "call_date": "2026-03-01", "estimated_amount": "0.40"},
    {"call_id": "2", "state": "undocumented", "call_date": "2026-03-31", "estimated_amount": "1.14"},
    {"call_id": "3", "state": "unrated", "call_date": "2026-03-02"},
    {"call_id": "4", "state": "undocumented", "call_date": "2026-04-01", "estimated_amount": "99"},
]
MISSING = [
    {"switch_id": "SW1", "file_date": "2026-03-30", "missing_files": 2},
    {"switch_id": "SW1", "file_date": "2026-03-31", "missing_files": 1},
    {"switch_id": "SW2", "file_date": "2026-03-31", "missing_files": 0},
    {"switch_id": "SW3", "file_date": "2026-04-01", "missing_files": 5},
]
REQUESTS = [
    {
        "bank_code": "B1",
        "batch_id": "7",
        "line": 1,
        "billing_period": "2026-02",
        "amount": "10.00",
        "result": "unanswered",
    },
    {
        "bank_code": "B1",
        "batch_id": "7",
        "line": 2,
        "billing_period": "2026-03",
        "amount": "5.55",
        "result": "unanswered",
    },
    {
        "bank_code": "B1",
        "batch_id": "7",
        "line": 3,
        "billing_period": "2026-03",
        "amount": "1.00",
        "result": "answered_success",
    },
    {
        "bank_code": "B1",
        "batch_id": "8",
        "line": 1,
        "billing_period": "2026-04",
        "amount": "3.00",
        "result": "unanswered",
    },
]
PROBLEMS = [
    {"problem_id": "a", "kind": "double_order", "severity": "error", "found_on": "2026-04-25"},
    {"problem_id": "b", "kind": "double_order", "severity": "error", "found_on": "2026-03-05"},
    {"problem_id": "c", "kind": "double_order", "severity": "error", "found_on": "2026-04-26"},
    {
        "problem_id": "d",
        "kind": "double_order",
        "severity": "error",
        "found_on": "2026-03-05",
        "resolved_on": "2026-03-06",
    },
    {"problem_id": "e", "kind": "duplicate_calls", "severity": "warn", "found_on": "2026-03-05"},
    # The files and calls themselves are listed above it.
    {"problem_id": "f", "kind": "file_held", "severity": "error", "found_on": "2026-03-05"},
]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[FileLedger]:
    with FileLedger(tmp_path / "ledger.sqlite") as opened:
        for name, day in (
            ("SW1_20260331_000009.csv", date(2026, 3, 31)),
            ("SW1_20260401_000010.csv", date(2026, 4, 1)),
        ):
            opened.register(NewFile(name, "s", "cdr", "f", name, name, 1, name, "landing", file_date=day))
            opened.set_status(name, "held", "malformed 6 %")
        yield opened


def items_of(published: Path, ledger: FileLedger, period: str, **marts: object) -> list[OpenItem]:
    nothing: dict[str, object] = dict.fromkeys(
        ("expected_files", "suspended_calls", "debit_requests", "problem_bulletin"), ()
    )
    write_edition(published, "2026-05-20", {"billing_periods": PERIODS, **nothing, **marts})  # type: ignore[dict-item]
    edition = current_edition(published)
    assert edition is not None
    return open_items(edition, ledger, period)


def test_what_is_open_of_march(tmp_path: Path, ledger: FileLedger) -> None:
    items = items_of(
        tmp_path / "published",
        ledger,
        "2026-03",
        suspended_calls=SUSPENDED,
        expected_files=MISSING,
        debit_requests=REQUESTS,
        problem_bulletin=PROBLEMS,
    )
    assert [(one.kind, one.subject, one.count, one.amount) for one in items] == [
        ("file_held", "SW1_20260331_000009.csv", 1, None),
        ("file_missing", "SW1, 2026-03-30 to 2026-03-31", 3, None),
        ("calls_suspended", "undocumented", 2, Decimal("1.54")),
        ("calls_suspended", "unrated", 1, None),
        ("debits_unanswered", "bank B1, batch 7", 2, Decimal("15.55")),
        ("problem", "double_order", 2, None),
    ]
    assert all(one.advice for one in items)


def test_a_period_with_nothing_open_or_that_does_not_exist(tmp_path: Path, ledger: FileLedger) -> None:
    assert items_of(tmp_path / "published", ledger, "2026-09", suspended_calls=SUSPENDED) == []
    with FileLedger(tmp_path / "another" / "ledger.sqlite") as empty:
        assert items_of(tmp_path / "published", empty, "2026-03") == []


def test_an_edition_that_lacks_a_table_is_refused(tmp_path: Path, ledger: FileLedger) -> None:
    """Nothing would look settled because nobody looked."""
    write_edition(tmp_path / "published", "2026-05-20", {"billing_periods": PERIODS, "suspended_calls": SUSPENDED})
    edition = current_edition(tmp_path / "published")
    assert edition is not None
    with pytest.raises(TollhouseError, match="has no debit_requests, expected_files, problem_bulletin"):
        open_items(edition, ledger, "2026-03")
