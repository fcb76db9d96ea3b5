"""Fixtures of the state's tests: a home made by hand with decoded calls and a warehouse of a few blocks, to be damaged."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse
from tests.ingestion.intake import Intake
from tests.robustness.branch import calls_of_day, cdr


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A home with two loaded files of calls, and a warehouse with a million rows."""
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path / "home")})
    with FileLedger(settings.ledger_path) as ledger, duckdb.connect() as con:
        intake = Intake(settings, ledger, con)
        for day in ("2026-03-02", "2026-03-03"):
            intake.deliver("cdr/SW1", f"SW1_{day.replace('-', '')}_000001.csv", cdr(calls_of_day(day)))
        intake.pull()
        intake.decode()
        for entry in ledger.files():
            ledger.set_status(entry.file_id, "loaded", None)
    with open_warehouse(settings) as con:
        con.execute("create table marts.calls as select hash(range) as call_id from range(1_000_000)")
    return settings
