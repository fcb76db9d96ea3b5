"""A backup is whole, of its own and hashed; a restore gives exactly that state, or changes nothing and says why."""

from __future__ import annotations

import errno
import grp
import hashlib
import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import TollhouseError
from orchestration.ledger.schema import SCHEMA_VERSION
from orchestration.runtime.progress import Silent
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings
from orchestration.state.home_state import NOT_STATE, STATE
from orchestration.upkeep.backup import make_backup
from tests.robustness.branch import Branch
from tests.torture.kills import differences, rows_of
from tests.torture.upkeep_kills import state_of
from tests.upkeep.killed import Killed

OF_THE_USER = {"reference"}  # the branch of the tests keeps its book in the home


def settings_of(branch: Branch) -> Settings:
    return Settings.from_environment(branch.settings)


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def backup(ran_copy: Branch, tmp_path: Path) -> Path:
    folder = tmp_path / "backup"
    (ran_copy.home / "exports" / "debit_requests").mkdir(parents=True)
    (ran_copy.home / "exports" / "debit_requests" / "ICBC_1.xml").write_text("<sent/>")
    typed = ran_copy.tollhouse("backup", str(folder))
    assert typed.exit_code == 0, typed.message
    return folder


def test_whatever_lies_in_a_home_is_known_to_be_state_or_not(ran: Branch) -> None:
    assert {path.name for path in ran.home.iterdir()} <= {*STATE, *NOT_STATE, *OF_THE_USER}


def test_a_backup_is_whole_hashed_private_and_independent(ran_copy: Branch, backup: Path) -> None:
    manifest = manifest_of(backup)
    listed = {entry["path"]: entry for entry in manifest["files"]}
    assert {*listed} ^ {*state_of(ran_copy.home)} == {"ledger.sqlite", "ledger"}
    assert manifest["edition"] == ran_copy.pointer["edition"]
    assert "exports/debit_requests/ICBC_1.xml" in listed, "what went to a bank"
    assert sorted(path.name for path in backup.iterdir()) == ["manifest.json", "state"]
    there = {str(path.relative_to(backup / "state")) for path in (backup / "state").rglob("*") if path.is_file()}
    assert there == set(listed), "and nothing else"
    own = {(ran_copy.home / path).stat().st_ino for path in listed}
    for path, entry in listed.items():
        content = (backup / "state" / path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["size_bytes"], entry["sha256"]), path
        assert (backup / "state" / path).stat().st_ino not in own, path
    assert {stat.S_IMODE(path.stat().st_mode) for path in backup.rglob("*") if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in [backup, *backup.rglob("*")] if path.is_dir()} == {0o700}


def test_files_that_editions_share_are_copied_once(ran_copy: Branch, tmp_path: Path) -> None:
    edition = ran_copy.published / ran_copy.pointer["path"]
    other = edition.with_name("2026-03-02-0000")
    other.mkdir()
    os.link(edition / "bills" / "bills.parquet", other / "bills.parquet")
    facts = {"edition": other.name, "as_of": "2026-03-02", "revision": 0, "marts": {}, "site": []}
    (other / "manifest.json").write_text(json.dumps({**ran_copy.manifest, **facts}))
    assert ran_copy.tollhouse("backup", str(tmp_path / "backup")).exit_code == 0
    state = tmp_path / "backup" / "state" / "published" / "editions"
    assert (state / other.name / "bills.parquet").samefile(state / edition.name / "bills" / "bills.parquet")
    into = Branch(tmp_path / "elsewhere")
    assert into.tollhouse("restore", str(tmp_path / "backup")).exit_code == 0
    editions = into.published / "editions"
    assert (editions / other.name / "bills.parquet").samefile(editions / edition.name / "bills" / "bills.parquet")


def test_a_folder_with_anything_in_it_is_refused(ran_copy: Branch, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    for folder, why in (
        (backup, "there is a backup already"),
        (tmp_path / "full", "is not empty"),
        (ran_copy.home / "backup", "is lost with it"),
        (ran_copy.home.parent, "itself; name a folder for this backup alone"),
        (tmp_path / "full" / "letter.txt", "is a file"),
    ):
        typed = ran_copy.tollhouse("backup", str(folder))
        assert (typed.exit_code, why in typed.message) == (2, True), typed.message
    assert Branch(tmp_path / "new").tollhouse("backup", str(tmp_path / "b")).exit_code == 1, "there is nothing yet"


def test_a_backup_waits_for_the_run_at_work_or_says_who_it_is(ran_copy: Branch, tmp_path: Path) -> None:
    settings = settings_of(ran_copy)
    is_held, may_end = threading.Event(), threading.Event()

    def run() -> None:
        with run_lock(settings):
            is_held.set()
            may_end.wait(20)
            time.sleep(0.7)

    thread = threading.Thread(target=run)
    thread.start()
    is_held.wait(20)
    with pytest.raises(TollhouseError, match=f"another run is in progress .*process {os.getpid()}"):
        make_backup(settings, tmp_path / "at once", Silent(), patience_seconds=0)
    assert not (tmp_path / "at once").exists()
    may_end.set()
    assert make_backup(settings, tmp_path / "later", Silent()).files
    thread.join()


def test_a_killed_backup_is_none_and_is_begun_anew(ran_copy: Branch, backup: Path, tmp_path: Path) -> None:
    (backup / "UNFINISHED").write_text(f"{ran_copy.home}\n")  # as a kill leaves it
    (backup / "state" / "warehouse.duckdb").unlink()
    into = Branch(tmp_path / "into")
    typed = into.tollhouse("restore", str(backup))
    assert (typed.exit_code, "this backup is unfinished" in typed.message) == (1, True), typed.message
    typed = ran_copy.tollhouse("backup", str(backup))
    assert typed.exit_code == 0, typed.message
    assert into.tollhouse("restore", str(backup)).exit_code == 0
    assert state_of(into.home) == state_of(ran_copy.home)


def test_a_disk_without_room_is_named_before_anything_is_written(
    ran_copy: Branch, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10 << 20))
    typed = ran_copy.tollhouse("backup", str(tmp_path / "other"))
    assert (typed.exit_code, f"{tmp_path}: the backup needs" in typed.message) == (1, True), typed.message
    assert not (tmp_path / "other").exists()
    before = state_of(ran_copy.home)
    typed = ran_copy.tollhouse("restore", str(backup), "--replace")
    assert (typed.exit_code, "the restored state needs" in typed.message) == (1, True), typed.message
    assert state_of(ran_copy.home) == before


def test_a_disk_that_fills_is_that_of_the_backup(
    ran_copy: Branch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("orchestration.upkeep.backup.copy_file", full)
    typed = ran_copy.tollhouse("backup", str(tmp_path / "backup"))
    assert (typed.exit_code, f"{tmp_path / 'backup'}: the disk is full" in typed.message) == (1, True), typed.message


def test_a_damaged_list_of_alerts_stops_no_backup(ran_copy: Branch, tmp_path: Path) -> None:
    (ran_copy.home / "alerts.sqlite").write_bytes(b"no database" * 1000)
    assert ran_copy.tollhouse("backup", str(tmp_path / "backup")).exit_code == 0
    assert "alerts.sqlite" not in [entry["path"] for entry in manifest_of(tmp_path / "backup")["files"]]
    assert Branch(tmp_path / "into").tollhouse("restore", str(tmp_path / "backup")).exit_code == 0


def test_a_damaged_ledger_is_not_backed_up(ran_copy: Branch, tmp_path: Path) -> None:
    ledger = ran_copy.home / "ledger.sqlite"
    content = bytearray(ledger.read_bytes())
    content[4096 : 3 * 4096] = b"\xa5" * (2 * 4096)
    ledger.write_bytes(content)
    (ran_copy.home / "ledger.seal").unlink()  # as after a writer that was killed
    typed = ran_copy.tollhouse("backup", str(tmp_path / "backup"))
    assert (typed.exit_code, "ledger.sqlite: it is damaged" in typed.message) == (1, True), typed.message
    assert not (tmp_path / "backup" / "manifest.json").exists()


def test_a_restored_home_goes_on_where_the_backup_was_made(ran_copy: Branch, backup: Path) -> None:
    before, rows = state_of(ran_copy.home), rows_of(ran_copy.published)
    (ran_copy.published / "current.json").unlink()
    (ran_copy.home / "ledger.sqlite-wal").write_bytes(b"of another ledger")
    (ran_copy.home / "warehouse.duckdb").write_bytes(b"damaged")
    assert ran_copy.tollhouse("restore", str(backup)).exit_code == 2, "the home is not empty"
    typed = ran_copy.tollhouse("restore", str(backup), "--replace")
    assert typed.exit_code == 0, typed.message
    assert state_of(ran_copy.home) == before
    aside = Path(typed.answer["replaced"])
    assert (aside / "warehouse.duckdb").read_bytes() == b"damaged", "what was there is kept"
    assert (aside / "ledger.sqlite-wal").read_bytes() == b"of another ledger"
    typed = ran_copy.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "nothing_new")
    assert differences(rows_of(ran_copy.published), rows) == []


def test_a_restore_into_a_new_home_needs_nothing_of_the_old_one(ran_copy: Branch, backup: Path, tmp_path: Path) -> None:
    before = state_of(ran_copy.home)
    into = Branch(tmp_path / "into")
    typed = into.tollhouse("restore", str(backup))
    assert (typed.exit_code, typed.answer["replaced"]) == (0, None)
    assert state_of(into.home) == before
    landed = next((ran_copy.home / "landing").rglob("SW1_*.csv")).relative_to(ran_copy.home)
    assert (into.home / landed).stat().st_mtime_ns == (ran_copy.home / landed).stat().st_mtime_ns
    assert (into.home / "inbox" / "cdr" / "SW1").is_dir()
    assert into.tollhouse("doctor", TOLLHOUSE_REFERENCE=str(ran_copy.book)).exit_code == 0


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def with_manifest(folder: Path, **values: Any) -> None:
    (folder / "manifest.json").write_text(json.dumps({**manifest_of(folder), **values}), encoding="utf-8")


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a turned bit": (lambda folder: flipped(folder / "state" / "warehouse.duckdb"), "warehouse.duckdb is damaged"),
    "a cut file": (
        lambda folder: os.truncate(folder / "state" / "ledger.sqlite", 4096),
        "ledger.sqlite has 4096 bytes",
    ),
    "a lost file": (lambda folder: (folder / "state" / "last_run.json").unlink(), "last_run.json: No such file"),
    "a lost manifest": (lambda folder: (folder / "manifest.json").unlink(), "manifest.json is missing"),
    "a cut manifest": (lambda folder: os.truncate(folder / "manifest.json", 700), "the manifest is damaged"),
    "another ledger": (
        lambda folder: with_manifest(folder, ledger_schema=SCHEMA_VERSION + 1),
        "the version that made it",
    ),
    "another version": (lambda folder: with_manifest(folder, manifest_version=9), "of another version of Tollhouse"),
    "a file outside": (
        lambda folder: with_manifest(
            folder,
            files=[{**manifest_of(folder)["files"][0], "path": "landing/../../x"}, *manifest_of(folder)["files"]],
        ),
        "the manifest is damaged",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_changes_nothing_and_is_named(ran_copy: Branch, backup: Path, damage: str) -> None:
    before = ran_copy.content()
    make, said = DAMAGES[damage]
    make(backup)
    typed = ran_copy.tollhouse("restore", str(backup), "--replace")
    assert typed.exit_code in (1, 2) and said in typed.message, typed.message
    assert ran_copy.content() == before


@pytest.mark.parametrize("is_new", [False, True])
def test_a_restore_that_is_killed_at_any_rename_is_named_and_finished(
    ran_copy: Branch, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    branch = Branch(tmp_path / "new") if is_new else ran_copy
    before = state_of(ran_copy.home)
    if not is_new:
        (branch.home / "alerts.sqlite").write_bytes(b"not in the backup")
    real, left = os.rename, [0]

    def rename(source: Any, target: Any, **named: Any) -> None:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        real(source, target, **named)

    interrupted = 0
    for renames in range(0, 30, 2 if is_new else 4):
        left[0] = renames
        monkeypatch.setattr(os, "rename", rename)
        typed = branch.tollhouse("restore", str(backup), "--replace")
        monkeypatch.setattr(os, "rename", real)
        if typed.exit_code == 0:
            break
        interrupted += 1
        looks = [["status"], ["run"], ["backup", str(tmp_path / "other")]]
        for words in looks if renames else [*looks, ["doctor"], ["files"]]:
            said = branch.tollhouse(*words, TOLLHOUSE_REFERENCE=str(ran_copy.book))
            text = json.dumps(said.answer) + said.errors
            assert (said.exit_code, f"`tollhouse restore {backup}` finishes it" in text) == (1, True), words
        assert branch.tollhouse("restore", str(tmp_path / "another")).exit_code == 1
        typed = branch.tollhouse("restore", str(backup))
        assert typed.exit_code == 0, typed.message
        assert state_of(branch.home) == before
        assert not (branch.home / "alerts.sqlite").exists()
        if is_new:
            for name in STATE:
                if (branch.home / name).exists():
                    real(branch.home / name, tmp_path / f"{renames}-{name}")
    assert interrupted >= 2
    assert not (branch.home / ".building-restore").exists()


def with_accounts(home: Path, secret: str) -> None:
    (home / "accounts.json").write_text('{"accounts": [], "version": 1}')
    (home / "session.secret").write_text(secret)
    for name in ("accounts.json", "session.secret"):
        (home / name).chmod(0o600)


def test_accounts_are_backed_up_and_come_back_for_the_owner_alone(ran_copy: Branch, tmp_path: Path) -> None:
    with_accounts(ran_copy.home, "x" * 64)
    assert ran_copy.tollhouse("backup", str(tmp_path / "backup")).exit_code == 0
    with_accounts(ran_copy.home, "y" * 64)
    group = grp.getgrgid(os.getgid()).gr_name
    typed = ran_copy.tollhouse("restore", str(tmp_path / "backup"), "--replace", TOLLHOUSE_GROUP=group)
    assert typed.exit_code == 0, typed.message
    assert stat.S_IMODE((ran_copy.home / "ledger.sqlite").stat().st_mode) == 0o640
    assert (ran_copy.home / "session.secret").read_text() == "x" * 64
    for name in ("accounts.json", "session.secret"):
        assert stat.S_IMODE((ran_copy.home / name).stat().st_mode) == 0o600


def test_a_backup_without_accounts_leaves_those_of_the_home(ran_copy: Branch, backup: Path) -> None:
    """Else the restore of an old backup would open the pages to everybody."""
    with_accounts(ran_copy.home, "y" * 64)
    assert ran_copy.tollhouse("restore", str(backup), "--replace").exit_code == 0
    assert (ran_copy.home / "session.secret").read_text() == "y" * 64
    assert (ran_copy.home / "accounts.json").is_file()


def test_a_restore_that_is_killed_before_the_exchange_leaves_the_old_home(
    ran_copy: Branch, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(ran_copy.home)
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.upkeep.restore.flush_tree", lambda folder: (_ for _ in ()).throw(Killed))
        assert ran_copy.tollhouse("restore", str(backup), "--replace").exit_code == 1
    assert state_of(ran_copy.home) == before
    assert ran_copy.tollhouse("status").exit_code == 0
    assert ran_copy.tollhouse("restore", str(backup), "--replace").exit_code == 0
    assert not (ran_copy.home / ".building-restore").exists()
