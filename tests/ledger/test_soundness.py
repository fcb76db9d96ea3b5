"""The ledger is never made again beside what earlier runs left, and never read where it is not what its last writer left."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from orchestration.errors import TollhouseError
from orchestration.ledger.append_only import appending
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import NewFile
from orchestration.ledger.soundness import SEAL


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of forty files, closed and sealed."""
    path = tmp_path / "home" / "ledger.sqlite"
    with FileLedger(path) as ledger:
        for number in range(40):
            name = f"SW1_20260302_{number:06d}.csv"
            ledger.register(NewFile(f"{number:016x}", "cdr/SW1", "cdr", "canonical", name, name, 1, name, "landing"))
    return path


def refused(path: Path) -> str:
    """The words with which the ledger is not opened for writing."""
    with pytest.raises(TollhouseError) as error:
        FileLedger(path)
    assert str(path) in str(error.value) and "`tollhouse restore DIR --replace`" in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "trace",
    [
        "published/editions/2026-03-02-0001/manifest.json",
        "closed/2026-03/bills.parquet",
        "raw/calls/aa.parquet",
        "landing/s/aa/x.csv",
    ],
)
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_lost_ledger_is_not_made_anew_beside_what_runs_have_left(path: Path, trace: str, is_empty: bool) -> None:
    left = path.parent / trace
    left.parent.mkdir(parents=True)
    left.write_bytes(b"something")
    path.unlink()
    if is_empty:
        path.write_bytes(b"")
    assert str(left) in refused(path)
    with pytest.raises(TollhouseError, match="the file ledger is (gone|empty)"):
        FileLedger(path, read_only=True)
    assert not path.exists() or path.stat().st_size == 0


def test_in_a_home_where_no_run_ever_was_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "inbox" / "cdr").mkdir(parents=True)
    (tmp_path / "inbox" / "cdr" / "x.csv").write_text("x")
    (tmp_path / "landing" / ".incoming").mkdir(parents=True)
    (tmp_path / "landing" / ".incoming" / "x.part").write_text("x")  # of a run that was killed at its first file
    FileLedger(tmp_path / "ledger.sqlite").close()


@pytest.mark.parametrize("at", [0.05, 0.5, 0.95])
def test_a_flip_anywhere_is_found(path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 0x01
    path.write_bytes(content)
    assert "its SHA-256 is not the one of" in refused(path)


def test_a_ledger_that_is_cut_or_no_database(path: Path) -> None:
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"no ledger at all " * 400):
        path.write_bytes(damaged)
        path.with_name(SEAL).unlink(missing_ok=True)  # as after a kill, or of an earlier version
        assert "the file ledger is damaged" in refused(path)


def test_every_writer_seals_and_readers_do_not_care(path: Path) -> None:
    with appending(path) as db:
        db.execute("create table other (x integer)")
    with FileLedger(path, read_only=True) as reader, FileLedger(path) as ledger:
        ledger.add_decision("close_period", "why", period="2026-03")
        assert len(reader.decisions()) == 1
    with FileLedger(path) as ledger:
        assert len(ledger.decisions()) == 1
    assert path.with_name(SEAL).is_file()


def test_a_killed_writer_leaves_no_seal_and_a_ledger_that_is_taken_up(path: Path, tmp_path: Path) -> None:
    ledger = FileLedger(path)
    ledger.add_decision("close_period", "why", period="2026-03")
    killed = tmp_path / "killed"
    shutil.copytree(path.parent, killed)  # as the disk is at a kill
    ledger.close()
    assert (killed / "ledger.sqlite-wal").stat().st_size and not (killed / SEAL).exists()
    with FileLedger(killed / "ledger.sqlite") as ledger:
        assert [decision.period for decision in ledger.decisions()] == ["2026-03"]
    assert (killed / SEAL).is_file()


def test_what_another_program_wrote_is_taken_when_a_person_says_so(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("create table other (x integer)")
    other.close()
    assert str(path.with_name(SEAL)) in refused(path)
    path.with_name(SEAL).unlink()
    FileLedger(path).close()
    FileLedger(path).close()
