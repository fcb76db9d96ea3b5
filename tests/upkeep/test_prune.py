"""Prune takes what nothing needs, and nothing else; the survivors are worked out by hand."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import TollhouseError, UsageError
from orchestration.ingestion.landed import landed_packing
from orchestration.ledger.debit_requests import RequestBatch, RequestedBill, RequestLine, keep_requests
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.reratings import Findings, Rerating, keep_rerating
from orchestration.publishing.reading import current_edition, verify_edition
from orchestration.runtime.progress import Silent
from orchestration.settings import Settings
from orchestration.state.home_state import FOLDERS
from orchestration.upkeep.prune import prune
from tests.robustness.branch import Branch
from tests.torture.kills import rows_of
from tests.upkeep.killed import Killed

# Revision → as-of date and time of building (UTC) of the editions before the branch's own, which becomes the eleventh.
EDITIONS = {
    1: ("2025-11-10", "2025-11-11T02:00:00Z"),
    2: ("2025-11-20", "2025-11-21T02:00:00Z"),  # the last of November
    3: ("2025-12-01", "2025-12-02T02:00:00Z"),
    4: ("2025-12-02", "2025-12-03T02:00:00Z"),  # stood when November was closed
    5: ("2025-12-02", "2025-12-03T10:00:00Z"),  # the first after that
    6: ("2025-12-20", "2025-12-21T02:00:00Z"),
    7: ("2025-12-31", "2026-01-01T02:00:00Z"),  # the last of December
    8: ("2026-01-10", "2026-01-11T02:00:00Z"),  # a debit request
    9: ("2026-01-11", "2026-01-12T02:00:00Z"),  # a re-rating
    10: ("2026-01-12", "2026-01-13T02:00:00Z"),  # the last of January
}
CLOSED_AT = "2025-12-03T09:59:59+00:00"


@pytest.fixture
def old(ran_copy: Branch) -> Branch:
    """The branch with ten editions before its own, of which some are referred to, and four blocked runs."""
    own = ran_copy.published / ran_copy.pointer["path"]
    manifest = ran_copy.manifest
    newest = own.with_name("2026-03-03-0011")
    text = json.dumps({**manifest, "edition": newest.name, "revision": 11}).replace(own.name, newest.name)
    own.rename(newest)
    (newest / "manifest.json").write_text(text)
    pointer = {"edition": newest.name, "path": f"editions/{newest.name}"}
    (ran_copy.published / "current.json").write_text(json.dumps(pointer))
    for revision, (as_of, built_at) in EDITIONS.items():
        folder = newest.with_name(f"{as_of}-{revision:04d}")
        (folder / "bills").mkdir(parents=True)
        facts = {"edition": folder.name, "as_of": as_of, "built_at": built_at, "revision": revision}
        (folder / "manifest.json").write_text(json.dumps({**manifest, **facts, "marts": {}, "site": []}))
        (folder / "bills" / "own.parquet").write_bytes(bytes([revision]) * 10_000)
        os.link(newest / "bills" / "bills.parquet", folder / "bills" / "bills.parquet")
    for number in range(4):
        blocked = ran_copy.published / "blocked" / f"run-{number}"
        blocked.mkdir(parents=True)
        os.utime(blocked, (1_700_000_000 + number, 1_700_000_000 + number))
    ledger = ran_copy.home / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as db:
        decision = (999, "close_period", None, "2025-11", "period 2025-11 closed", CLOSED_AT, "li")
        db.execute("insert into decisions values (?, ?, ?, ?, ?, ?, ?)", decision)
        db.commit()
    (ran_copy.home / "ledger.seal").unlink()  # another hand than Tollhouse's wrote to the ledger
    line = RequestLine(1, "A2", "62220001", Decimal("1.00"), (RequestedBill("A2", Decimal("1.00")),))
    day = date(2026, 1, 10)
    of_edition = ("2026-01-10-0008", "2026-01-11T09:00:00+00:00", "li")
    batch = RequestBatch("ICBC", "B1", "2025-12", "canonical", day, day, "b.txt", "00", *of_edition, (line,))
    keep_requests(ledger, [batch])
    rerating = Rerating(
        "R000001", day, day, "book", "f", "why", "2026-01", "2026-01-11-0009", "2026-01-12T03:00:00", "li"
    )
    keep_rerating(ledger, rerating, Findings((), (), ()))
    return ran_copy


def editions(branch: Branch) -> set[int]:
    return {int(path.name[-4:]) for path in (branch.published / "editions").iterdir()}


def without_side_files(branch: Branch) -> dict[str, bytes]:
    """Whoever reads the ledger leaves its empty journal."""
    return {name: content for name, content in branch.content().items() if not name.endswith(("-wal", "-shm"))}


def test_editions_that_something_refers_to_stay(old: Branch) -> None:
    before = without_side_files(old)
    typed = old.tollhouse("prune", "--dry-run", "--keep", "1")
    assert typed.exit_code == 0, typed.message
    assert without_side_files(old) == before, "a dry run changes nothing"
    told = typed.answer
    edition_files = [one for one in told["removed"] if one["kind"] == "edition"]
    assert [int(one["path"][-4:]) for one in edition_files] == [1, 3, 6]
    # What the edition shares with others frees nothing.
    assert edition_files[1]["size_bytes"] == sum(
        path.stat().st_blocks * 512
        for path in (old.published / "editions").glob("*-0003/**/*")
        if path.name in ("own.parquet", "manifest.json")
    )
    assert [one["path"] for one in told["removed"] if one["kind"] == "blocked run"] == [
        f"published/blocked/run-{number}" for number in range(3)
    ]
    done = old.tollhouse("prune", "--keep", "1")
    assert (done.exit_code, done.answer["removed"]) == (0, told["removed"])
    assert editions(old) == {2, 4, 5, 7, 8, 9, 10, 11}
    assert [path.name for path in (old.published / "blocked").iterdir()] == ["run-3"]
    current = current_edition(old.published)
    assert current is not None and verify_edition(old.published, current) == []
    assert old.tollhouse("prune", "--keep", "1").answer["removed"] == []


def test_the_newest_stay_as_the_settings_say(old: Branch) -> None:
    assert old.tollhouse("prune").answer["removed"] == [], "30 by default"
    assert old.tollhouse("prune", TOLLHOUSE_PRUNE_KEEP="6").exit_code == 0
    assert editions(old) == {2, 4, 5, 6, 7, 8, 9, 10, 11}


def test_an_edition_that_nobody_can_read_stays_and_is_named(old: Branch) -> None:
    folder = old.published / "editions" / "2025-12-01-0003"
    (folder / "manifest.json").write_text("{")
    typed = old.tollhouse("prune", "--keep", "1")
    assert typed.answer["unreadable"] == [str(folder)] and folder.is_dir()


def test_without_a_pointer_nothing_is_pruned(old: Branch) -> None:
    (old.published / "current.json").unlink()
    typed = old.tollhouse("prune", "--keep", "1")
    assert (typed.exit_code, "no edition is published" in typed.message) == (1, True)
    assert len(editions(old)) == 11


def test_a_prune_that_is_killed_is_completed_by_the_next(old: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, real, left = rows_of(old.published), shutil.rmtree, 2

    def rmtree(path: Any, *values: Any, **named: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            (Path(path) / "manifest.json").unlink()  # half removed
            raise Killed
        real(path, *values, **named)

    settings = Settings.from_environment({**old.settings, "TOLLHOUSE_PRUNE_KEEP": "1"})
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", rmtree)
        with pytest.raises(Killed):
            prune(settings, Silent())
    assert (old.published / "editions" / ".building-pruned-2025-12-01-0003").is_dir()
    assert rows_of(old.published) == rows
    prune(settings, Silent())
    assert {path.name[-4:] for path in (old.published / "editions").iterdir()} == {
        f"{number:04d}" for number in (2, 4, 5, 7, 8, 9, 10, 11)
    }


def test_leftovers_of_killed_commands_go_and_state_stays(ran_copy: Branch) -> None:
    home = ran_copy.home
    before = {path for name in FOLDERS for path in (home / name).rglob("*")}
    half = [
        home / ".building-rerating" / "warehouse.duckdb",
        home / "published" / "editions" / ".building-2026-03-04-0002-ab" / "bills" / "bills.parquet",
        home / "raw" / "calls" / "ab.parquet.tmp",
        home / "decoding.tmp" / "spill",
        home / "landing" / ".incoming" / "packing",
    ]
    for path in half:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    assert ran_copy.tollhouse("prune").exit_code == 0
    assert not [path for path in half if path.exists()]
    after = {path for name in FOLDERS for path in (home / name).rglob("*")}
    assert after - {home / "landing" / ".incoming"} == before


def test_old_runs_go_from_the_history_and_their_logs_with_them(ran_copy: Branch) -> None:
    ran_copy.has_whole_runs = True
    logs = ran_copy.home / "dagster" / "history" / "runs"
    (first,) = [path.name for path in logs.glob("*-*.db")]
    assert ran_copy.tollhouse("run").exit_code == 0
    (logs / "0c1e946a-left-by-a-killed-prune.db").write_bytes(b"")
    before = {path.name for path in logs.glob("*-*.db")} - {first, "0c1e946a-left-by-a-killed-prune.db"}
    typed = ran_copy.tollhouse("prune", "--keep", "1")
    assert typed.exit_code == 0, typed.message
    assert f"dagster/history/runs/{first}" in [one["path"] for one in typed.answer["removed"]]
    assert {path.name for path in logs.glob("*-*.db")} == before
    with closing(sqlite3.connect(ran_copy.home / "dagster" / "history" / "runs.db")) as db:
        assert [f"{run_id}.db" for (run_id,) in db.execute("select run_id from runs")] == list(before)
    with closing(sqlite3.connect(logs / "index.db")) as db:
        assert {f"{run_id}.db" for (run_id,) in db.execute("select distinct run_id from event_logs")} == before
    assert ran_copy.tollhouse("prune", "--keep", "1").answer["removed"] == []


def test_loaded_files_of_long_ago_are_packed(ran_copy: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landed_packing, "LEAST_BYTES", 0)
    held = next((ran_copy.home / "landing").rglob("accounts_*.csv"))
    ledger = ran_copy.home / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("update files set status = 'held' where file_name like 'accounts_%'")
        (first_seen,) = db.execute("select max(first_seen_at) from files").fetchone()
        db.commit()
    (ran_copy.home / "ledger.seal").unlink()
    seen = date.fromisoformat(first_seen[:10])
    for days, is_packed in ((29, False), (31, True)):
        today = date.fromordinal(seen.toordinal() + days).isoformat()
        typed = ran_copy.tollhouse("prune", TOLLHOUSE_TODAY=today, TOLLHOUSE_PRUNE_PACK_AFTER_DAYS="30")
        assert typed.exit_code == 0, typed.message
        assert (typed.answer["packed_files"] > 0) == is_packed
        never = ran_copy.tollhouse("prune", "--dry-run", TOLLHOUSE_TODAY=today, TOLLHOUSE_PRUNE_PACK_AFTER_DAYS="never")
        assert never.answer["to_pack"] == []
    packed = sorted(path.name for path in (ran_copy.home / "landing").rglob("*.zst"))
    assert [name for name in packed if name.startswith("SW1_")] == [
        f"SW1_202603{day:02d}_00300{day}.csv.zst" for day in (2, 3)
    ]
    assert held.is_file(), "what is held stays as it came"
    with FileLedger(ledger) as files:
        for entry in files.files():
            assert landed_packing.delivered_sha256(ran_copy.home, entry) == entry.sha256
    assert ran_copy.tollhouse("doctor").answer["error"] == 0


@pytest.mark.parametrize(
    ("variable", "text"),
    [("KEEP", "0"), ("KEEP", "-3"), ("KEEP", "many"), ("PACK_AFTER_DAYS", "soon"), ("PACK_AFTER_DAYS", "1.5")],
)
def test_a_setting_that_cannot_be_used_is_named(variable: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"TOLLHOUSE_PRUNE_{variable}: '{text}' is not a whole number"):
        Settings.from_environment({f"TOLLHOUSE_PRUNE_{variable}": text})


def test_a_run_at_work_is_left_alone(ran_copy: Branch) -> None:
    from orchestration.runtime.run_lock import run_lock

    settings = Settings.from_environment(ran_copy.settings)
    with run_lock(settings), pytest.raises(TollhouseError, match="another run is in progress"):
        prune(settings, Silent())
