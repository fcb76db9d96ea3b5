"""A file can only harm itself: whatever goes wrong while one is decoded or checked, the others are what they would have been."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from orchestration.errors import TollhouseError
from orchestration.ingestion import decoding, file_decoding
from orchestration.ingestion.bank import results
from orchestration.ingestion.decoding_mark import DecodingMark
from orchestration.ledger.schema import FileEntry
from orchestration.warehouse.file_verdicts import call_files, exports
from tests.ingestion.intake import HEADER, RESULT_CODES, Intake

CALL = "1,2200001,2200002,,,2026-01-05 10:00:00,60,16"
HOLD_ABOVE = dict.fromkeys(("malformed", "duplicate", "other_day"), Decimal("0.5"))
EXPORT = "payment_id,account_id,paid_at,amount,channel,outlet_id\nP1,A1,2026-01-05,20.80,counter,O1\n"
BANK = "H|ICBC|1|2026-01|2026-01-05|1|5.00|1|5.00\nD|1|A1|6222|5.00|00\nT|1\n"


def deliver(intake: Intake) -> None:
    """Two files of each kind; those named `bad` here are the first of each."""
    for number in (1, 2):
        day = f"2026010{4 + number}"
        intake.deliver(
            "cdr/SW1", f"SW1_{day}_00000{number}.csv", f"{HEADER}\n{CALL.replace('-05', f'-0{4 + number}')}\n"
        )
        intake.deliver("bank/ICBC", f"ICBC_{day}_{number}.txt", BANK.replace("|1|2026-01|", f"|{number}|2026-01|"))
        intake.deliver("customers", f"payments_{day}.csv", EXPORT)
    intake.pull()


def is_bad(entry: FileEntry) -> bool:
    """Whether it is the one of its kind that harms."""
    return "20260105" in entry.file_name


def check_all(intake: Intake) -> None:
    """Check files of all kinds."""
    intake.check_exports()
    results.check_bank_files(intake.ledger, RESULT_CODES)
    call_files.check_cdr_files(intake.ledger, intake.con, intake.settings.raw, HOLD_ABOVE, None)


def ends(intake: Intake) -> dict[bool, set[str]]:
    """Is bad → the statuses of such files."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for entry in intake.ledger.files():
        found[is_bad(entry)].add(entry.status)
    return found


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small call files are not decoded at once."""
    monkeypatch.setattr(decoding, "batches", lambda entries, _: [[entry] for entry in entries])


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            pa.ArrowInvalid("Decimal value does not fit"),
            "it cannot be decoded: ArrowInvalid: Decimal value does not fit",
        ),
        (RuntimeError("two\nlines"), "it cannot be decoded: RuntimeError: two lines"),
        (RecursionError(), "it cannot be decoded: RecursionError;"),
        (MemoryError(), "it cannot be decoded within the memory that there is."),
        (duckdb.OutOfMemoryException("failed to allocate"), "it cannot be decoded within the memory that there is."),
        (duckdb.InternalException("a bug of the engine"), "it cannot be decoded: InternalException: a bug"),
    ],
)
def test_an_error_rejects_the_file_and_the_others_are_loaded(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    decode_file, named = decoding.decode_file, []

    def failing(settings: Any, engine: Any, entry: FileEntry, *rest: Any) -> Any:
        if is_bad(entry):
            raise error
        return decode_file(settings, engine, entry, *rest)

    monkeypatch.setattr(decoding, "decode_file", failing)
    deliver(intake)
    decoded = decoding.decode_registered(
        intake.settings, intake.ledger, {"SW1"}, result_codes=RESULT_CODES, on_rejected=named.append
    )
    check_all(intake)
    assert len(decoded) == 3
    assert ends(intake) == {True: {"rejected"}, False: {"loaded"}}
    assert [entry.status_reason for entry in named] == [
        entry.status_reason for entry in intake.ledger.files() if is_bad(entry)
    ]
    for entry in named:
        assert entry.status_reason is not None and entry.status_reason.startswith(f"unreadable: {told}")
        assert "tollhouse files retry" in entry.status_reason
    monkeypatch.undo()
    from orchestration.ingestion.landing.pulling import retry

    for entry in named:
        retry(intake.settings, intake.ledger, entry.file_id, "fixed")
    intake.decode()
    check_all(intake)
    assert ends(intake) == {True: {"loaded"}, False: {"loaded"}}


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        PermissionError(13, "Permission denied"),
        sqlite3.OperationalError("disk I/O error"),
        duckdb.IOException("could not write"),
        TollhouseError("the reference book"),
        KeyboardInterrupt(),
    ],
)
def test_what_would_meet_every_file_ends_the_run_and_rejects_none(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def failing(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(decoding, "decode_file", failing)
    deliver(intake)
    with pytest.raises(type(error)):
        intake.decode()
    assert {entry.status for entry in intake.ledger.files()} == {"registered"}
    with DecodingMark(intake.settings.home) as mark:
        assert mark.found() is None, "the process ended in good order"


@pytest.mark.usefixtures("one_by_one")
def test_an_engine_that_a_file_has_spoilt_is_replaced(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    decode_file, engines = decoding.decode_file, []

    def failing(settings: Any, engine: duckdb.DuckDBPyConnection, entry: FileEntry, *rest: Any) -> Any:
        engines.append(id(engine))
        if is_bad(entry):
            engine.close()
            raise duckdb.FatalException("the database has been invalidated")
        return decode_file(settings, engine, entry, *rest)

    monkeypatch.setattr(decoding, "decode_file", failing)
    deliver(intake)
    intake.decode()
    check_all(intake)
    assert ends(intake) == {True: {"rejected"}, False: {"loaded"}}


def test_an_error_of_the_judge_rejects_the_file_alone(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call file is checked with the others; the one at fault is found by checking each alone."""
    deliver(intake)
    intake.decode()
    repeats, verdict, fault = call_files.find_duplicates, results._verdict, exports._rows_fault

    def broken(files: Any) -> None:
        bad = {entry.file_id for entry in intake.ledger.files() if is_bad(entry)}
        if any((file if isinstance(file, str) else file.file_id) in bad for file in files):
            raise duckdb.OutOfRangeException("Overflow in addition")

    def find_duplicates(con: Any, folder: Path, files: Any, *rest: Any) -> None:
        broken(files)
        repeats(con, folder, files, *rest)

    monkeypatch.setattr(call_files, "find_duplicates", find_duplicates)
    monkeypatch.setattr(
        results, "_verdict", lambda ledger, entry, *rest: broken([entry]) or verdict(ledger, entry, *rest)
    )
    monkeypatch.setattr(exports, "_rows_fault", lambda entry, *rest: broken([entry]) or fault(entry, *rest))
    check_all(intake)
    assert ends(intake) == {True: {"rejected"}, False: {"loaded"}}
    reasons = {entry.status_reason for entry in intake.ledger.files() if is_bad(entry)}
    assert all(str(reason).startswith("unreadable: it cannot be checked: OutOfRangeException") for reason in reasons)


# What a process does that decodes the file named bad: in the run and in the trial of the next one alike.
_KILLER = """
import os, signal
from orchestration.ingestion import file_decoding
from orchestration.ingestion.cdr import small_files
decode_file, decode_small_files = file_decoding.decode_file, small_files.decode_small_files
def killing(settings, engine, entry, *rest):
    if "20260105" in entry.file_name and not os.path.exists({forgiven!r}):
        os.kill(os.getpid(), signal.SIGKILL)
    return decode_file(settings, engine, entry, *rest)
def killing_many(settings, engine, entries, *rest):
    for entry in entries:
        killing(settings, engine, entry, *rest) if "20260105" in entry.file_name else None
    return decode_small_files(settings, engine, entries, *rest)
file_decoding.decode_file, small_files.decode_small_files = killing, killing_many
"""
_RUN = """
import sys
from orchestration.ingestion.decoding import decode_registered
from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
if __name__ == "__main__":
    settings = Settings.from_environment({"TOLLHOUSE_HOME": sys.argv[1]})
    with FileLedger(settings.ledger_path) as ledger:
        decode_registered(settings, ledger, {"SW1"}, result_codes={("ICBC", "00"): "success"}, kind="cdr")
"""


def run_with_killer(intake: Intake, folder: Path, forgiven: Path) -> int:
    """Decode in a process that is killed while it decodes the bad file, unless that is forgiven. Returns its exit code."""
    (folder / "sitecustomize.py").write_text(textwrap.dedent(_KILLER).format(forgiven=str(forgiven)), encoding="utf-8")
    (folder / "decode.py").write_text(_RUN, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-W", "ignore", str(folder / "decode.py"), str(intake.settings.home)]
    return subprocess.run(command, env=environment, check=False, timeout=120).returncode


def test_a_file_that_ends_the_process_is_set_aside_by_the_next_run(intake: Intake, tmp_path: Path) -> None:
    """The first run is killed over several files, the second over one of them; the third decodes that one apart, which ends the
    trial alone, and goes on with the others."""
    deliver(intake)
    assert run_with_killer(intake, tmp_path, tmp_path / "never") == -9
    assert {entry.status for entry in intake.ledger.files("cdr")} == {"registered"}
    assert intake.ledger.ended_processes() == {}, "which of them was to blame is not known yet"
    assert run_with_killer(intake, tmp_path, tmp_path / "never") == -9
    assert run_with_killer(intake, tmp_path, tmp_path / "never") == 0
    bad, good = sorted(intake.ledger.files("cdr"), key=lambda entry: not is_bad(entry))
    assert bad.status == "rejected"
    assert str(bad.status_reason).startswith("unreadable: ended the process while it was decoded (killed by SIGKILL)")
    assert "tollhouse files retry" in str(bad.status_reason)
    assert (good.status, good.read_records) == ("registered", 1)
    assert [event.event for event in intake.ledger.events(bad.file_id)] == ["registered", "process_ended", "rejected"]


def test_a_file_that_happened_to_be_at_work_when_the_run_was_killed_is_decoded(intake: Intake, tmp_path: Path) -> None:
    """The trial shows that it is not to blame; what was noted of it counts for nothing once it is decoded."""
    deliver(intake)
    forgiven = tmp_path / "forgiven"
    assert run_with_killer(intake, tmp_path, forgiven) == -9
    forgiven.touch()
    assert run_with_killer(intake, tmp_path, forgiven) == 0
    assert {(entry.status, entry.read_records) for entry in intake.ledger.files("cdr")} == {("registered", 1)}
    assert intake.ledger.ended_processes() == {}


def test_a_file_at_which_four_processes_have_ended_is_set_aside_without_a_trial(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(intake)
    bad = next(entry for entry in intake.ledger.files("cdr") if is_bad(entry))
    with DecodingMark(intake.settings.home) as mark:
        mark.set(bad.file_id, bad.file_id)
    for _ in range(3):
        intake.ledger.note_process_ended(bad.file_id)
    monkeypatch.setattr(decoding, "ends_its_process", lambda *_: pytest.fail("no trial is needed"))
    intake.decode()
    entry = intake.ledger.file(bad.file_id)
    assert entry.status == "rejected" and "(4 times)" in str(entry.status_reason)
    assert sum(entry.decoded_with is not None for entry in intake.ledger.files()) == 5


@pytest.mark.parametrize("error", [ZeroDivisionError("nobody thought of this"), MemoryError(), RecursionError("deep")])
def test_of_many_files_that_are_decoded_at_once_only_the_one_at_fault_is_rejected(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    alone, together = file_decoding.decode_cdr, decoding.decode_small_files

    def one(settings: Any, engine: Any, entry: FileEntry, known: Any) -> Any:
        if is_bad(entry):
            raise error
        return alone(settings, engine, entry, known)

    def many(settings: Any, engine: Any, entries: list[FileEntry], known: Any) -> Any:
        if any(map(is_bad, entries)):
            raise error
        return together(settings, engine, entries, known)

    monkeypatch.setattr(file_decoding, "decode_cdr", one)
    monkeypatch.setattr(decoding, "decode_small_files", many)
    for day in (4, 5, 6):
        intake.deliver("cdr/SW1", f"SW1_2026010{day}_00000{day}.csv", f"{HEADER}\n{CALL.replace('-05', f'-0{day}')}\n")
    intake.pull()
    assert len(intake.decode()) == 2
    assert ends(intake) == {True: {"rejected"}, False: {"registered"}}
    assert intake.decode() == []  # it is not tried again by itself


def test_a_mark_of_files_that_the_ledger_does_not_know_is_no_ones_fault(intake: Intake) -> None:
    deliver(intake)
    with DecodingMark(intake.settings.home) as mark:
        mark.set("00aa", "00bb")
    assert len(intake.decode()) == 6
