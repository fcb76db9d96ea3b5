"""What must hold of a state folder at any time, also right after a kill, and what of one whose run came to its end.

Looked at from outside, by the published files, the ledger's own SQL and the folders: not by the product's functions.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from tests.robustness.branch import STATES

_UNFINISHED = (".tmp", ".part", ".building", ".sharing")


def whole_edition(published: Path) -> str | None:
    """The edition that current.json names, after every file of it was hashed; None where there is no pointer yet."""
    pointer_path = published / "current.json"
    if not pointer_path.exists():
        return None
    pointer = json.loads(pointer_path.read_text(encoding="utf-8"))
    manifest = json.loads((published / pointer["path"] / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["edition"] == pointer["edition"]
    entries = [entry for mart in manifest["marts"].values() for entry in mart["files"]]
    assert entries
    for entry in entries:
        content = (published / entry["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["path"]
    # The pages are drawn when the edition is shown already: a killed run leaves none of them, or all.
    site = published / pointer["path"] / "site"
    if (site / "site.json").exists():
        for name, entry in json.loads((site / "site.json").read_text(encoding="utf-8"))["files"].items():
            assert hashlib.sha256((site / name).read_bytes()).hexdigest() == entry["sha256"], name
    for mart in manifest["marts"].values():
        for entry in mart["files"]:
            assert pq.read_metadata(published / entry["path"]).num_rows == entry["rows"], entry["path"]
    return str(pointer["edition"])


def check_ledger(home: Path) -> list[dict[str, Any]]:
    """The ledger is a sound database and has each delivery once; its files. Nothing where there is none yet."""
    path = home / "ledger.sqlite"
    if not path.exists():
        return []
    db = sqlite3.connect(path)  # not read-only: like the next run, it takes up what the killed one left in the journal
    try:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert db.execute("pragma foreign_key_check").fetchall() == []
        db.row_factory = sqlite3.Row
        if not db.execute("select 1 from sqlite_master where name = 'files'").fetchone():
            return []
        files = [dict(row) for row in db.execute("select * from files")]
    finally:
        db.close()
    places = Counter((file["source"], file["file_name"], file["sha256"]) for file in files)
    assert not [place for place, count in places.items() if count > 1]
    assert len({file["seen_order"] for file in files}) == len(files)
    for file in files:
        landed = home / file["landing_path"]
        assert hashlib.sha256(landed.read_bytes()).hexdigest() == file["sha256"], "what is registered has landed whole"
    return files


def after_a_kill(home: Path, edition_before: str | None) -> str | None:
    """Check what must hold at any time; the edition that stands, which is the one before or a whole new one."""
    edition = whole_edition(home / "published")
    assert edition is not None or edition_before is None, "the edition that was published has gone"
    check_ledger(home)
    return edition


def after_a_run(home: Path) -> None:
    """Check what must hold when a run came to its end: every delivered file is registered once, nothing is left over."""
    assert whole_edition(home / "published") is not None
    files = check_ledger(home)
    inbox = home / "inbox"
    delivered = Counter(
        f"{path.parent.relative_to(inbox)}/{path.name}"
        for path in inbox.rglob("*")
        if path.is_file() and path.suffix != ".ctl"
    )
    assert delivered == Counter(f"{file['source']}/{file['file_name']}" for file in files)
    assert {file["status"] for file in files} <= {"loaded", "held", "rejected"}
    landed = {str(path.relative_to(home)) for path in (home / "landing").rglob("*") if path.is_file()}
    assert landed == {file["landing_path"] for file in files}
    ids = {file["file_id"] for file in files}
    left = [
        str(path.relative_to(home))
        for folder in ("landing", "raw", "published")
        for path in (home / folder).rglob("*")
        if path.name.endswith(_UNFINISHED) or path.name.startswith(".")
    ]
    assert left == []
    assert {path.stem for path in (home / "raw").rglob("*.parquet")} <= ids
    _check_states(home)


def _check_states(home: Path) -> None:
    """Per file the nine states sum to what was read, and each call stands in one mart with its one state."""
    pointer = json.loads((home / "published" / "current.json").read_text(encoding="utf-8"))
    manifest = json.loads((home / "published" / pointer["path"] / "manifest.json").read_text(encoding="utf-8"))

    def rows(mart: str, columns: str) -> list[tuple[Any, ...]]:
        paths = [str(home / "published" / entry["path"]) for entry in manifest["marts"][mart]["files"]]
        return duckdb.execute(f"select {columns} from read_parquet(?)", [paths]).fetchall()

    for name, read, *counts in rows("file_reconciliation", f"file_name, read_records, {', '.join(STATES)}"):
        assert sum(counts) == read, name
    ids = [row[0] for mart in ("rated_calls", "suspended_calls", "duplicate_calls") for row in rows(mart, "call_id")]
    assert len(set(ids)) == len(ids)
