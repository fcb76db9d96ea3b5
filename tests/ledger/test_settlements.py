"""Decisions on settlements in the ledger: kept whole with their rows, never changed, laid for the warehouse up to the as-of date."""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.settlements import keep_settlement_decision, settlement_decisions, settlement_rows
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.raw.settlements import create_settlements, cut_off

LINE = {
    "agent_id": "G1",
    "settlement_period": "2026-01",
    "line_kind": "restatement",
    "basis_amount": "12345678901234.56",
    "rate": None,
    "amount": "-0.01",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path / "home"), "TOLLHOUSE_TIME_ZONE": "Asia/Shanghai"})
    FileLedger(made.ledger_path).close()
    return made


def test_a_decision_is_kept_with_its_rows(settings: Settings) -> None:
    first = keep_settlement_decision(
        settings.ledger_path, "2026-01", "approved", "2026-03-01-0004", "li", {"commission_lines": [LINE]}
    )
    second = keep_settlement_decision(settings.ledger_path, "2026-01", "locked", "2026-03-01-0005", None, {})
    assert settlement_decisions(settings.ledger_path) == [first, second]
    assert (first.decision_number, second.decision_number) == (1, 2)
    assert settlement_rows(settings.ledger_path, 1, "commission_lines") == [LINE]
    assert settlement_rows(settings.ledger_path, 2, "commission_lines") == []


@pytest.mark.parametrize(
    "statement",
    [
        "update settlement_decisions set decided_by = 'x'",
        "delete from settlement_decisions",
        "update settlement_rows set content = '{}'",
        "delete from settlement_rows",
        "insert or replace into settlement_rows values (1, 'commission_lines', 1, '{}')",
    ],
)
def test_nothing_of_it_can_be_changed(settings: Settings, statement: str) -> None:
    keep_settlement_decision(settings.ledger_path, "2026-01", "locked", "e", "li", {"commission_lines": [LINE]})
    with sqlite3.connect(settings.ledger_path) as db, pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute(statement)


def test_the_warehouse_gets_what_was_decided_up_to_its_day(settings: Settings) -> None:
    keep_settlement_decision(settings.ledger_path, "2026-01", "locked", "e", "li", {"commission_lines": [LINE]})
    with FileLedger(settings.ledger_path) as ledger, open_warehouse(settings) as con:
        create_settlements(con, ledger, date(2026, 2, 28), settings.time_zone)
        assert con.execute("select decision, prepared_by from raw.settlement_decisions").fetchall() == [
            ("locked", "li")
        ]
        assert con.execute("select * from raw.kept_commission_lines").fetchall() == [
            (1, "G1", "2026-01", "restatement", Decimal("12345678901234.56"), None, Decimal("-0.01"))
        ]
        assert con.execute("select count(*) from raw.kept_settlement_restatements").fetchone() == (0,)
        create_settlements(con, ledger, date(2026, 2, 27), settings.time_zone)
        assert con.execute("select count(*) from raw.settlement_decisions").fetchone() == (0,)
        assert con.execute("select count(*) from raw.kept_commission_lines").fetchone() == (0,)


def test_the_cut_off_is_the_last_day_of_the_next_month() -> None:
    assert [cut_off(month) for month in ("2026-01", "2026-11", "2026-12", "2024-01")] == [
        date(2026, 2, 28), date(2026, 12, 31), date(2027, 1, 31), date(2024, 2, 29),
    ]  # fmt: skip


def test_who_published_an_edition_is_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.ledger.file_ledger.user_name", lambda: "li")
    with FileLedger(settings.ledger_path) as ledger:
        ledger.note_edition("2026-05-20-0001", 1)
        assert ledger.published_by("2026-05-20-0001") == "li"
        assert ledger.published_by("2026-05-20-0002") is None
