"""What may be closed: each refusal comes before anything is run or written, and names what fixes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from orchestration import runs
from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import CallDay, DecodedFile, NewFile
from orchestration.settings import Settings
from orchestration.warehouse.closed.closing import held_files_of_period
from orchestration.warehouse.connection import open_warehouse

#: Period, whether it is closed, whether its bills wait for the issue date, that date.
PERIODS = (
    ("2026-02", True, False, date(2026, 3, 1)),
    ("2026-03", False, False, date(2026, 4, 1)),
    ("2026-04", False, False, date(2026, 5, 1)),
    ("2026-05", False, True, date(2026, 6, 1)),
)
FIRST_OPEN = "2026-03"


class _Ran(Exception):
    """The closing went on to a run."""


@dataclass(frozen=True)
class Home:
    """A home whose warehouse has the periods above and nothing else, with a ledger of one loaded file."""

    settings: Settings

    def close(self, period: str) -> str:
        """The words with which closing is refused; nothing in the home may have changed by it."""
        before = self._content()
        with pytest.raises(TollhouseError) as refused:
            runs.close_period(self.settings, period)
        assert self._content() == before
        return str(refused.value)

    def file(self, name: str, kind: str, day: date | None, status: str = "held", days: tuple[CallDay, ...] = ()) -> str:
        """Register a file of the ledger; a held one is held for its malformed records."""
        table = name[:-13] if kind == "customers" else None
        new = NewFile(name, "s", kind, "f", name, name, 1, name, "landing", file_date=day, export_table=table)
        with FileLedger(self.settings.ledger_path) as ledger:
            ledger.register(new)
            ledger.record_decode(DecodedFile(name, "by hand", days=days))
            ledger.set_status(name, status, "malformed 6 %" if status == "held" else None)
        return name

    def held(self) -> list[str]:
        """The held files that closing the first open period leaves out."""
        with FileLedger(self.settings.ledger_path, read_only=True) as ledger:
            return [one.file_name for one in held_files_of_period(ledger, date(2026, 3, 1), date(2026, 4, 1))]

    def _content(self) -> dict[str, bytes]:
        """Every file but the lock, and what SQLite keeps beside a ledger that is read (an empty log, shared memory)."""
        files = [path for path in self.settings.home.rglob("*") if path.is_file()]
        kept = {str(path): path.read_bytes() for path in files if path.name not in ("run.lock", "ledger.sqlite-shm")}
        return {path: content for path, content in kept.items() if content}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    def run(*_: object, **__: object) -> None:
        raise _Ran

    monkeypatch.setattr(runs, "run_once", run)
    made = Home(Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path / "home")}))
    with open_warehouse(made.settings) as con:
        con.execute(
            "create table intermediate.int_billing_periods "
            "(billing_period varchar, is_closed boolean, is_provisional boolean, issued_on date)"
        )
        con.executemany("insert into intermediate.int_billing_periods values (?, ?, ?, ?)", PERIODS)
    made.file("SC1_20260331_000001.csv", "cdr", date(2026, 3, 31), "loaded")
    return made


def test_a_period_that_can_be_closed_goes_on_to_the_run(home: Home) -> None:
    with pytest.raises(_Ran):
        runs.close_period(home.settings, FIRST_OPEN)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2026-05", "period 2026-05 has not ended: its bills are issued on 2026-06-01, after the as-of date"),
        ("2026-04", "close 2026-03 first: periods are closed in order"),
        ("2026-02", "period 2026-02 is closed already"),
        ("2026-06", "there is no billing period 2026-06: the branch's periods are 2026-02 to 2026-05"),
    ],
)
def test_what_may_not_be_closed_is_refused_before_anything_is_run(home: Home, period: str, words: str) -> None:
    assert words in home.close(period)


def test_what_is_no_period_is_wrong_usage(home: Home) -> None:
    with pytest.raises(UsageError, match="'March' is not a valid billing period"):
        runs.close_period(home.settings, "March")


def test_nothing_is_closed_before_the_first_run(tmp_path: Path) -> None:
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path / "home")})
    with pytest.raises(TollhouseError, match="nothing is published yet; `tollhouse run` first"):
        runs.close_period(settings, FIRST_OPEN)
    assert not settings.home.exists()


def test_a_held_call_file_of_the_period_is_left_out_and_does_not_stop_the_closing(home: Home) -> None:
    home.file("SC1_20260301_000002.csv", "cdr", date(2026, 3, 1))
    assert home.held() == ["SC1_20260301_000002.csv"]
    with pytest.raises(_Ran):
        runs.close_period(home.settings, FIRST_OPEN)


def test_calls_of_the_period_in_a_held_file_of_the_next_month(home: Home) -> None:
    """A call over midnight is of the day it began; one in the file of another day by mistake is not counted on."""
    last, first = date(2026, 3, 31), date(2026, 4, 1)
    home.file("SC1_20260401_000002.csv", "cdr", first, days=(CallDay(last, 1, 0), CallDay(first, 40, 0)))
    home.file("SC1_20260401_000003.csv", "cdr", first, days=(CallDay(last, 7, 7), CallDay(first, 40, 0)))
    home.file("SC1_20260228_000004.csv", "cdr", date(2026, 2, 28), days=(CallDay(date(2026, 2, 28), 5, 0),))
    assert home.held() == ["SC1_20260401_000002.csv"]


def test_a_held_export_counts_until_a_loaded_one_takes_its_place(home: Home) -> None:
    home.file("customers_20260310.csv", "customers", date(2026, 3, 10))  # and that of 1 April is loaded
    home.file("customers_20260401.csv", "customers", date(2026, 4, 1), "loaded")
    home.file("accounts_20260401.csv", "customers", date(2026, 4, 1))  # the next comes after the issue date
    home.file("accounts_20260402.csv", "customers", date(2026, 4, 2), "loaded")
    home.file("subscriptions_20260220.csv", "customers", date(2026, 2, 20))  # none comes after it
    home.file("service_numbers_20260402.csv", "customers", date(2026, 4, 2))  # after the issue date
    assert home.held() == ["subscriptions_20260220.csv", "accounts_20260401.csv"]


def test_what_closing_does_not_freeze_is_not_named(home: Home) -> None:
    home.file("payments_20260401.csv", "customers", date(2026, 4, 1))
    home.file("ICBC_20260326_000001.txt", "bank", date(2026, 3, 26))
    assert home.held() == []


def test_whether_a_period_may_be_closed_is_asked_without_closing_it(home: Home) -> None:
    runs.refuse_to_close(home.settings, FIRST_OPEN)
    with pytest.raises(TollhouseError, match="close 2026-03 first"):
        runs.refuse_to_close(home.settings, "2026-04")
