"""Re-ratings in the ledger: kept whole, never changed, laid for the warehouse up to the period that they post into."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.reratings import (
    Adjustment,
    AdjustmentLine,
    Change,
    Findings,
    Rerating,
    keep_rerating,
    next_rerate_id,
    reratings,
)
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.raw.reratings import create_reratings

DAY = date(2026, 3, 2)
RERATING = Rerating(
    "R000001", DAY, date(2026, 3, 3), "book", "f" * 64, "decision 12", "2026-04", "2026-04-03-0001", "2026-04-03T08:00:00",
    "clerk",
)  # fmt: skip
FINDINGS = Findings(
    (Change("A1", "Z", "", "2026-03", True, 2, 2, 2, 0, 0, Decimal("1.200000"), Decimal("0.999999")),),
    (Adjustment("A1", "5001", "CALL", "Z", "", "2026-03", DAY, 2, Decimal("1.200000"), Decimal("0.999999")),),
    (AdjustmentLine("A1", "5001", "CALL", "2026-03", Decimal("-0.20")),),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger without a re-rating."""
    FileLedger(tmp_path / "ledger.sqlite").close()
    return tmp_path / "ledger.sqlite"


def test_a_rerating_is_kept_as_it_was_and_the_next_is_numbered_after_it(path: Path) -> None:
    assert (reratings(path), next_rerate_id(path)) == ([], "R000001")
    keep_rerating(path, RERATING, FINDINGS)
    assert (reratings(path), next_rerate_id(path)) == ([RERATING], "R000002")


def test_of_a_rerating_that_cannot_be_kept_nothing_is(path: Path) -> None:
    twice = replace(FINDINGS, lines=FINDINGS.lines * 2)
    with pytest.raises(sqlite3.IntegrityError):
        keep_rerating(path, RERATING, twice)
    assert reratings(path) == []


@pytest.mark.parametrize("table", ["reratings", "rerating_changes", "rerating_adjustments", "rerating_lines"])
def test_sqlite_refuses_to_rewrite_a_rerating(path: Path, table: str) -> None:
    keep_rerating(path, RERATING, FINDINGS)
    with sqlite3.connect(path) as db:
        for statement in (
            f"update {table} set rerate_id = 'x'",
            f"delete from {table}",
            f"insert or replace into {table} select * from {table}",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                db.execute(statement)


@pytest.mark.parametrize(("as_of", "is_known"), [(date(2026, 3, 31), False), (date(2026, 4, 1), True)])
def test_a_run_knows_what_posts_into_its_periods(tmp_path: Path, path: Path, as_of: date, is_known: bool) -> None:
    keep_rerating(path, RERATING, FINDINGS)
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path), "TOLLHOUSE_THREADS": "1"})
    with FileLedger(path) as ledger, open_warehouse(settings) as con:
        create_reratings(con, ledger, as_of)
        changes = con.execute(
            "select is_period_closed, business_unit_id, amount_after from raw.rerating_changes"
        ).fetchall()
        details = con.execute("select call_date, calls, amount_before from raw.rerating_adjustments").fetchall()
        lines = con.execute("select amount, adjusted_in from raw.rerating_lines").fetchall()
    assert changes == [(True, "", Decimal("0.999999"))] * is_known
    assert details == [(DAY, 2, Decimal("1.200000"))] * is_known
    assert lines == [(Decimal("-0.20"), "2026-04")] * is_known
