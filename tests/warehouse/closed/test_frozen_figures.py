"""Frozen figures of closed periods: written at the closing, whole after a kill at any seam, and what a warehouse is filled from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from orchestration.state.closed_periods import settle_closed_periods
from orchestration.warehouse.closed import closing
from orchestration.warehouse.closed.closed_schema import create_closed_schema
from orchestration.warehouse.closed.frozen_figures import periods_with_other_figures
from orchestration.warehouse.connection import open_warehouse
from tests.cli.made_by_hand import publish_edition

MARCH = "2026-03"
TABLES = ("adjustments", "bill_lines", "bills", "calls", "joined_pieces", "late_fees", "periods")
#: call_id, period, amount; the second is of three pieces, and one of the calls is not of the period.
CALLS = (
    ("f:1", MARCH, Decimal("0.100000")),
    ("f:2", MARCH, Decimal("0.600000")),
    ("f:3", "2026-04", Decimal("9.000000")),
)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Home:
    """A home whose warehouse has computed March and April by hand; its warnings."""

    settings: Settings
    warnings: list[str]

    def close(self, period: str = MARCH) -> closing.FrozenPeriod:
        """Freeze a period."""
        with FileLedger(self.settings.ledger_path) as ledger, open_warehouse(self.settings) as con:
            return closing.freeze_period(con, self.settings, ledger, period)

    def settle(self) -> None:
        """What a run does first."""
        with FileLedger(self.settings.ledger_path) as ledger, open_warehouse(self.settings) as con:
            settle_closed_periods(con, self.settings, ledger, self.warnings.append)

    def closed(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of the closed schema."""
        with open_warehouse(self.settings) as con:
            create_closed_schema(con)
            return {name: con.execute(f"select * from closed.{name} order by all").fetchall() for name in TABLES}

    def lose_warehouse(self) -> None:
        """The warehouse is gone."""
        self.settings.warehouse_path.unlink()

    def other_ledger(self) -> None:
        """A ledger of which nothing is known takes the place of the home's."""
        other = self.settings.home.parent / "other"
        FileLedger(other / "ledger.sqlite").close()
        shutil.copy(other / "ledger.sqlite", self.settings.ledger_path)
        (self.settings.home / "ledger.seal").unlink()

    def file(self, table: str, period: str = MARCH) -> Path:
        """A file of frozen figures."""
        return self.settings.home / "closed" / period / f"{table}.parquet"

    def decisions(self) -> list[str | None]:
        """The periods that the ledger has as closed."""
        with FileLedger(self.settings.ledger_path, read_only=True) as ledger:
            return [decision.period for decision in ledger.decisions("close_period")]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path / "it's home")})
    FileLedger(settings.ledger_path).close()
    with open_warehouse(settings) as con:
        create_closed_schema(con)
        con.execute(
            "create table intermediate.int_billing_periods as select '2026-03' as billing_period, false as is_closed, "
            "false as is_provisional, date '2026-04-01' as issued_on"
        )
        con.execute("create table intermediate.int_calls_judged as select * from closed.calls")
        con.executemany(
            "insert into intermediate.int_calls_judged by name select ? as call_id, ? as billing_period, ? as amount, "
            "'rated' as state, timestamp '2026-03-01 10:00:00.5' as started_at, date '2026-03-01' as call_date, "
            "cast(12345678901234567890123456789012345678 as decimal(38, 0)) as unrounded_numerator",
            CALLS,
        )
        con.execute("create table raw.joined_pieces as select * from closed.joined_pieces")
        con.execute("insert into raw.joined_pieces by name select 'f:2' as call_id, 'f:2' as joined_call_id")
        con.execute("insert into raw.joined_pieces by name select 'f:9' as call_id, 'f:2' as joined_call_id")
        con.execute("insert into raw.joined_pieces by name select 'f:8' as call_id, 'f:3' as joined_call_id")
        con.execute("create table marts.bill_lines as select * from closed.bill_lines")
        con.execute(
            "insert into marts.bill_lines values ('A1', '1', '2026-03', 'CALLS', 'usage', 0.70), "
            "('A1', '1', '2026-04', 'CALLS', 'usage', 9.00)"
        )
        con.execute("create table marts.bills as select * from closed.bills")
        con.execute(
            "insert into marts.bills values ('A1', '2026-03', 'C1', 'residential', 'BU1', null, 'OU1', 0.70, "
            "date '2026-04-01', date '2026-04-20', false)"
        )
    yield Home(settings, [])


def test_a_closing_says_what_it_froze(home: Home) -> None:
    frozen = home.close()
    assert [(total.kind, total.rows, total.amount) for total in frozen.totals] == [
        ("calls", 2, Decimal("0.7")),
        ("bill lines: usage", 1, Decimal("0.70")),
        ("bills", 1, Decimal("0.70")),
    ]
    assert frozen.left_out == []


def test_a_lost_warehouse_is_filled_with_what_was_closed(home: Home) -> None:
    home.close()
    before = home.closed()
    assert [row[0] for row in before["calls"]] == ["f:1", "f:2"]
    assert {row[0] for row in before["joined_pieces"]} == {"f:2", "f:9"}
    assert before["bill_lines"] == [("A1", "1", MARCH, "CALLS", "usage", Decimal("0.70"))]
    home.lose_warehouse()
    home.settle()
    assert home.closed() == before
    (warning,) = home.warnings
    assert MARCH in warning and str(home.settings.warehouse_path) in warning
    home.settle()  # and once it holds them, nothing is to be done
    assert home.closed() == before and len(home.warnings) == 1


def test_a_kill_before_the_decision_leaves_the_period_open(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(FileLedger, "close_period", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            home.close()
    home.settle()
    assert home.decisions() == [] and not any(home.closed().values())
    with open_warehouse(home.settings) as con:  # a file of the period comes before it is closed for good
        con.execute("update marts.bills set amount = 0.80")
    home.close()
    home.lose_warehouse()
    home.settle()
    assert home.closed()["bills"][0][7] == Decimal("0.80")


def test_a_kill_after_the_decision_leaves_the_period_closed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = FileLedger.close_period

    def killed(*arguments: Any) -> None:
        decide(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FileLedger, "close_period", killed)
        with pytest.raises(Killed):
            home.close()
    assert home.decisions() == [MARCH] and not any(home.closed().values())
    with open_warehouse(home.settings) as con:
        con.execute("create table state.stale_days (call_date date primary key, why varchar)")
    home.settle()
    closed = home.closed()
    assert len(closed["calls"]) == 2 and closed["periods"][0][0] == MARCH
    assert isinstance(closed["periods"][0][1], datetime)
    with open_warehouse(home.settings) as con:  # the days were computed while the period was open
        assert con.execute("select call_date from state.stale_days").fetchall() == [(date(2026, 3, 1),)]


@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_without_warehouse_and_files_nothing_is_restored(home: Home, damage: str) -> None:
    home.close()
    home.lose_warehouse()
    path = home.file("bills")
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(content[:-8] if damage == "cut" else content[:40] + b"\0" + content[41:])
    with pytest.raises(TollhouseError) as refused:
        home.settle()
    assert str(path) in str(refused.value) and "`tollhouse restore DIR --replace`" in str(refused.value)
    assert not any(home.closed().values())


def test_a_period_that_an_earlier_version_closed_gets_its_files(home: Home) -> None:
    home.close()
    before = home.closed()
    shutil.rmtree(home.settings.home / "closed")
    home.other_ledger()
    with FileLedger(home.settings.ledger_path) as ledger:
        ledger.add_decision("close_period", "period 2026-03 closed", period=MARCH)
    home.settle()
    assert home.warnings == []
    home.lose_warehouse()
    home.settle()
    assert home.closed() == before


def test_a_period_closed_by_an_earlier_version_is_not_computed_anew_without_its_warehouse(home: Home) -> None:
    with FileLedger(home.settings.ledger_path) as ledger:
        ledger.add_decision("close_period", "period 2026-03 closed", period=MARCH)
    with pytest.raises(
        TollhouseError, match=r"does not hold the period 2026-03, which .* closed on .*`tollhouse restore"
    ):
        home.settle()


def test_a_closing_of_an_earlier_version_that_was_killed_can_be_done_again(home: Home) -> None:
    """It left the decision alone: the edition that stands has March as open, and February as closed."""
    publish_edition(home.settings.published)
    with FileLedger(home.settings.ledger_path) as ledger:
        ledger.add_decision("close_period", "period 2026-03 closed", period=MARCH)
    home.settle()
    home.close()
    home.lose_warehouse()
    home.settle()
    assert len(home.closed()["calls"]) == 2
    with FileLedger(home.settings.ledger_path) as ledger:
        ledger.add_decision("close_period", "period 2026-02 closed", period="2026-02")
    with pytest.raises(TollhouseError, match="does not hold the period 2026-02"):
        home.settle()


def test_files_that_are_gone_are_written_anew_from_the_warehouse(home: Home) -> None:
    home.close()
    before = home.closed()
    home.file("calls").unlink()
    home.settle()
    assert "written again" in home.warnings[0]
    home.lose_warehouse()
    home.settle()
    assert home.closed() == before
    shutil.rmtree(home.settings.home / "closed")
    with open_warehouse(home.settings) as con:
        con.execute("delete from closed.calls where call_id = 'f:1'")
    with pytest.raises(TollhouseError, match="has 1 calls of the closed period 2026-03, which had 2"):
        home.settle()


def test_a_closed_period_that_the_ledger_does_not_know(home: Home) -> None:
    home.close()
    home.other_ledger()
    with pytest.raises(TollhouseError, match="the closed period 2026-03, of which this ledger knows nothing"):
        home.settle()


@pytest.mark.parametrize("has_files", [True, False], ids=["with its files", "without files"])
def test_the_warehouse_of_another_home_with_other_bills_is_refused(home: Home, has_files: bool) -> None:
    """The same period is closed there, with as many rows: 3.00 where 0.70 was billed."""
    home.close()
    other = replace(home.settings, home=home.settings.home.parent / "elsewhere")
    shutil.copytree(home.settings.home, other.home)
    shutil.rmtree(other.home / "closed")
    (other.home / "ledger.seal").unlink()
    (other.home / "ledger.sqlite").unlink()
    with open_warehouse(other) as con:
        for table in ("periods", "calls", "joined_pieces", "bill_lines", "bills"):
            con.execute(f"delete from closed.{table}")
        con.execute("update marts.bills set amount = 3.00")
    Home(other, []).close()
    before = home.file("bills").read_bytes()
    if not has_files:
        shutil.rmtree(home.settings.home / "closed")
    shutil.copy(other.warehouse_path, home.settings.warehouse_path)
    with pytest.raises(TollhouseError, match="other figures of the closed period 2026-03.*rebuild --warehouse"):
        home.settle()
    assert home.warnings == []
    if has_files:
        assert home.file("bills").read_bytes() == before
    else:
        assert not (home.settings.home / "closed").exists(), "nothing is frozen from it"


def test_a_warehouse_that_keeps_no_hashes_is_compared_row_by_row(home: Home) -> None:
    """As one that an earlier version filled; and `doctor --deep` compares the rows in any case."""
    home.close()
    with open_warehouse(home.settings) as con:
        con.execute("drop table closed.frozen_files; drop table closed.schema_version")
    home.settle()
    with open_warehouse(home.settings) as con, FileLedger(home.settings.ledger_path) as ledger:
        assert con.execute("select count(*) from closed.frozen_files").fetchone() == (len(TABLES),)
        con.execute("update closed.bills set amount = 3.00")
        assert periods_with_other_figures(con, home.settings, ledger) == []
        assert periods_with_other_figures(con, home.settings, ledger, is_deep=True) == [MARCH]
        con.execute("drop table closed.frozen_files; drop table closed.schema_version")
    with pytest.raises(TollhouseError, match="other figures of the closed period 2026-03"):
        home.settle()


def test_frozen_figures_are_only_added(home: Home) -> None:
    import sqlite3

    home.close()
    with sqlite3.connect(home.settings.ledger_path) as other:
        for statement in ("update frozen_figures set sha256 = ''", "delete from frozen_figures"):
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                other.execute(statement)
    other.close()
