"""A restored home is as the backup was, sealed; one whose restore was interrupted never ends with half a state, and has a way back."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.robustness.branch import Branch
from tests.torture.upkeep_kills import state_of
from tests.upkeep.killed import killed_at_rename


def kill_restore(branch: Branch, backup: Path, renames: int) -> None:
    """A restore that dies in the exchange, before the rename of this number."""
    with killed_at_rename(renames):
        assert branch.tollhouse("restore", str(backup), "--replace").exit_code != 0
    assert (branch.home / "restoring.json").exists()


def test_a_restored_ledger_is_sealed(ran_copy: Branch, tmp_path: Path) -> None:
    ledger = ran_copy.home / "ledger.sqlite"
    assert ran_copy.tollhouse("backup", str(tmp_path / "backup")).exit_code == 0
    assert ran_copy.tollhouse("restore", str(tmp_path / "backup"), "--replace").exit_code == 0
    assert (ran_copy.home / "ledger.seal").read_text().strip() == hashlib.sha256(ledger.read_bytes()).hexdigest()
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("update files set read_records = read_records + 1")
        db.commit()
    typed = ran_copy.tollhouse("backup", str(tmp_path / "another"))
    assert (typed.exit_code, "ledger is not as it was left" in typed.message) == (1, True), typed.message


def test_a_restore_says_what_was_damaged_when_the_backup_was_made(ran_copy: Branch, tmp_path: Path) -> None:
    lost = next((ran_copy.home / "landing").rglob("SW1_*.csv"))
    lost.unlink()
    assert ran_copy.tollhouse("backup", str(tmp_path / "backup")).exit_code == 1
    typed = Branch(tmp_path / "into").tollhouse("restore", str(tmp_path / "backup"))
    assert (typed.exit_code, len(typed.answer["damage"])) == (0, 1)
    assert str(lost) in typed.answer["damage"][0]


@pytest.mark.parametrize(("renames", "lost"), [(3, ""), (12, "raw")])
def test_a_killed_restore_whose_files_are_gone_begins_anew(
    ran_copy: Branch, tmp_path: Path, renames: int, lost: str
) -> None:
    before, backup = state_of(ran_copy.home), tmp_path / "backup"
    assert ran_copy.tollhouse("backup", str(backup)).exit_code == 0
    (ran_copy.home / "last_run.json").write_text("{}")  # of the state before the restore: never lost
    kill_restore(ran_copy, backup, renames)
    shutil.rmtree(ran_copy.home / ".building-restore" / lost)
    typed = ran_copy.tollhouse("restore", str(backup))
    assert typed.exit_code == 0, typed.message
    assert state_of(ran_copy.home) == before
    assert not (ran_copy.home / ".building-restore").exists() and not (ran_copy.home / "restoring.json").exists()
    assert [path.read_text() for path in ran_copy.home.glob("replaced-*/last_run.json")].count("{}") == 1


def test_what_a_killed_restore_needs_is_no_leftover(ran_copy: Branch, tmp_path: Path) -> None:
    assert ran_copy.tollhouse("backup", str(tmp_path / "backup")).exit_code == 0
    kill_restore(ran_copy, tmp_path / "backup", 3)
    found = {one["check"]: one for one in ran_copy.tollhouse("doctor").answer["findings"]}
    assert (found["leftovers"]["level"], found["restore"]["level"]) == ("ok", "error")


# A folder in its place; one that would set aside elsewhere than in the home.
@pytest.mark.parametrize("mark", [None, '{"backup": "/b", "made_at": "", "edition": null, "aside": "..", "names": []}'])
def test_a_damaged_mark_has_a_way_back(ran_copy: Branch, tmp_path: Path, mark: str | None) -> None:
    before, backup = state_of(ran_copy.home), tmp_path / "it's a backup"
    assert ran_copy.tollhouse("backup", str(backup)).exit_code == 0
    kill_restore(ran_copy, backup, 12)
    quoted = str(backup).replace("'", "'\"'\"'")
    assert f"`tollhouse restore '{quoted}'` finishes it" in ran_copy.tollhouse("run").message
    path = ran_copy.home / "restoring.json"
    path.unlink()
    if mark is None:
        path.mkdir()
    else:
        path.write_text(mark)
    for words in (["run"], ["restore", str(backup)]):
        typed = ran_copy.tollhouse(*words)
        assert (typed.exit_code, "`tollhouse restore DIR --replace`" in typed.message) == (1, True), typed.message
    typed = ran_copy.tollhouse("restore", str(backup), "--replace")
    assert typed.exit_code == 0, typed.message
    assert state_of(ran_copy.home) == before
    assert not path.exists()
