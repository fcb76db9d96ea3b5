"""Fixtures of the intake's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from tests.ingestion.intake import Intake


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    """An empty home with ledger and connection."""
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path / "home")})
    with FileLedger(settings.ledger_path) as ledger, duckdb.connect() as con:
        yield Intake(settings, ledger, con)
