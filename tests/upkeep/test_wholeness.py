"""A backup holds all that the ledger and the editions name, or says what is lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from orchestration.ingestion.landed.landed_packing import pack
from orchestration.ledger.file_ledger import FileLedger
from tests.robustness.branch import Branch
from tests.torture.kills import differences, rows_of
from tests.torture.upkeep_kills import state_of
from tests.upkeep.homes import home_of


def link_elsewhere(folder: Path, disk: Path) -> Path:
    """Move a folder to another place and leave a link to it."""
    place = disk / folder.name
    disk.mkdir(exist_ok=True)
    shutil.move(folder, place)
    folder.symlink_to(place)
    return place


def flip(path: Path) -> str:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    return str(path)


def test_links_inside_of_the_state_are_followed(ran_copy: Branch, tmp_path: Path) -> None:
    before, rows = state_of(ran_copy.home), rows_of(ran_copy.published)
    for name in ("raw/calls", "landing/cdr", "published/editions"):
        place = link_elsewhere(ran_copy.home / name, tmp_path / "disk")
    typed = ran_copy.tollhouse("backup", str(place / "backup"))
    assert (typed.exit_code, "a link in" in typed.message) == (2, True), typed.message
    typed = ran_copy.tollhouse("backup", str(tmp_path / "backup"))
    assert (typed.exit_code, typed.answer["damage"]) == (0, []), typed.message
    into = Branch(tmp_path / "into")
    assert into.tollhouse("restore", str(tmp_path / "backup")).exit_code == 0
    assert state_of(into.home) == before
    assert differences(rows_of(into.published), rows) == []


def test_what_is_neither_file_nor_folder_is_refused_before_anything_is_copied(ran_copy: Branch, tmp_path: Path) -> None:
    raw, warehouse = ran_copy.home / "raw", ran_copy.home / "warehouse.duckdb"
    (raw / "back").symlink_to(ran_copy.home)
    (raw / "gone").symlink_to(tmp_path / "not mounted")
    os.mkfifo(raw / "pipe")
    for doomed, why in (
        (raw / "gone", "link to nothing"),
        (raw / "pipe", "not a file"),
        (raw / "back", "that holds it"),
    ):
        typed = ran_copy.tollhouse("backup", str(tmp_path / "backup"))
        assert (typed.exit_code, str(doomed) in typed.message, why in typed.message) == (1, True, True), typed.message
        doomed.unlink()
    warehouse.unlink()
    warehouse.mkdir()
    assert f"{warehouse} is not a file" in ran_copy.tollhouse("backup", str(tmp_path / "backup")).message
    assert not (tmp_path / "backup").exists()


def test_a_ledger_that_is_not_as_it_was_left_is_not_backed_up(ran_copy: Branch, tmp_path: Path) -> None:
    ledger = ran_copy.home / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("update files set read_records = read_records + 1")
        db.commit()
    typed = ran_copy.tollhouse("backup", str(tmp_path / "backup"))
    assert (typed.exit_code, "ledger is not as it was left" in typed.message) == (1, True), typed.message
    assert not (tmp_path / "backup").exists()


def test_damage_of_the_state_is_named_and_marked_in_the_backup(tmp_path: Path) -> None:
    branch = home_of("0.2.0", tmp_path / "with a closed period")
    home, backup = branch.home, tmp_path / "backup"
    edition = branch.published / branch.pointer["path"]
    other = min((branch.published / "editions").iterdir())
    assert other != edition
    with FileLedger(home / "ledger.sqlite") as ledger:
        first, second, third, *_ = ledger.files("cdr")
        assert pack(home, third)
    assert branch.tollhouse("backup", str(tmp_path / "sound")).exit_code == 0
    flipped = [
        flip(home / first.landing_path),
        flip(next((home / "raw" / "calls").glob("*.parquet"))),
        flip(next((home / "closed").rglob("bills.parquet"))),
        flip(home / f"{third.landing_path}.zst"),
        flip(edition / "manifest.json"),
    ]
    gone = [home / second.landing_path, sorted((home / "raw" / "calls").glob("*.parquet"))[-1], other / "manifest.json"]
    for path in gone:
        path.unlink()
    typed = branch.tollhouse("backup", str(backup))
    assert (typed.exit_code, "the state is damaged" in typed.message) == (1, True), typed.message
    marked = json.loads((backup / "manifest.json").read_text())["damage"]
    assert typed.answer["damage"] == marked
    for named in [*flipped, *map(str, gone)]:
        assert any(named in fault for fault in marked), (named, marked)


def test_a_state_of_which_a_person_let_a_lost_file_go_is_whole(ran_copy: Branch, tmp_path: Path) -> None:
    with FileLedger(ran_copy.home / "ledger.sqlite", read_only=True) as ledger:
        entry = ledger.files("cdr")[0]
    (ran_copy.home / entry.landing_path).unlink()
    assert ran_copy.tollhouse("backup", str(tmp_path / "damaged")).exit_code == 1
    assert ran_copy.tollhouse("files", "reject", entry.file_id, "--why", "it is lost").exit_code == 0
    assert ran_copy.tollhouse("backup", str(tmp_path / "backup")).exit_code == 0
