"""Requests in the ledger: kept whole, never changed, laid for the warehouse up to the as-of date."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.ledger.debit_requests import debit_requests, keep_requests
from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.raw.raw_schema import RunFacts, create_book_inputs
from tests.debit_requests.test_planning import AS_OF, asked_before


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger without a request."""
    FileLedger(tmp_path / "ledger.sqlite").close()
    return tmp_path / "ledger.sqlite"


def test_batches_are_kept_as_they_were(path: Path) -> None:
    assert debit_requests(path) == []
    keep_requests(path, [asked_before()])
    assert debit_requests(path) == [asked_before()]
    with FileLedger(path):  # the ledger's own schema is as it was
        pass


def test_a_batch_that_is_there_keeps_all_of_a_call_out(path: Path) -> None:
    keep_requests(path, [asked_before()])
    with pytest.raises(sqlite3.IntegrityError):
        keep_requests(path, [asked_before("20260410-02"), replace(asked_before(), sha256="1")])
    assert debit_requests(path) == [asked_before()]


@pytest.mark.parametrize("table", ["debit_request_batches", "debit_request_lines", "debit_request_bills"])
def test_sqlite_refuses_to_rewrite_a_request(path: Path, table: str) -> None:
    keep_requests(path, [asked_before()])
    with sqlite3.connect(path) as db:
        for statement in (
            f"update {table} set batch_id = 'x'",
            f"delete from {table}",
            f"insert or replace into {table} select * from {table}",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                db.execute(statement)
    assert debit_requests(path) == [asked_before()]


@pytest.mark.parametrize(("as_of", "total"), [(date(2026, 4, 9), None), (AS_OF, Decimal("30.00"))])
def test_a_run_as_of_an_earlier_day_does_not_know_the_request(
    tmp_path: Path, path: Path, as_of: date, total: Decimal | None
) -> None:
    keep_requests(path, [asked_before()])
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path), "TOLLHOUSE_THREADS": "1"})
    with FileLedger(path) as ledger, open_warehouse(settings) as con:
        create_book_inputs(con, settings, ledger, RunFacts(as_of, None))
        assert con.execute("select sum(amount) from raw.debit_requests").fetchone() == (total,)
