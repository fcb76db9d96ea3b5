"""Editions: all marts of a run, staged out of sight and then shown at once by one pointer.

    published/current.json                       {"edition", "path"}, replaced atomically
    published/editions/<as_of>-<revision>/       <mart>/*.parquet, manifest.json, then site/
    published/blocked/<run>/                     what a run shows that its release gates kept back

A crash at any moment leaves the old edition whole: nothing of it is written to, and the pointer is moved last.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.results import GateResult, blocking
from orchestration.errors import GatesBlocked, TollhouseError
from orchestration.publishing.manifest import (
    BLOCKED,
    EDITIONS,
    LEDGER_ORDER,
    MANIFEST,
    MANIFEST_HASH,
    POINTER,
    REFERENCE_BOOK,
)
from orchestration.publishing.marts import SCHEMA, MartSpec, PreviousFiles, export_mart
from orchestration.publishing.reading import EditionFolder, current_edition, edition_folders, verify_edition
from orchestration.publishing.site_list import SITE_PART
from orchestration.storage.durable import as_json, flush, flush_tree, replace_text, sha256_of

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "MartSpec",
    "StagedEdition",
    "current_edition",
    "publish",
    "publish_blocked",
    "stage_edition",
    "verify_edition",
]

BUILDING = ".building-"
#: Names the edition whose folder has its name, and which the pointer does not name yet.
PUBLISHING = ".publishing"
SHOWN_WHEN_BLOCKED = ("problem_bulletin", "suspended_calls", "file_reconciliation")

_RUN_ID = re.compile(r"^[A-Za-z0-9][\w.-]*$")


@dataclass
class StagedEdition:
    """An edition that is not visible yet."""

    published: Path
    folder: Path
    edition: str
    manifest: dict[str, Any]
    gates: tuple[GateResult, ...]
    written_anew: tuple[Path, ...] = ()  # files of the edition before that were damaged, and are not shared

    def write_manifest(self) -> None:
        """Write the present manifest into the staged folder."""
        (self.folder / MANIFEST).write_text(as_json(self.manifest), encoding="utf-8")


def stage_edition(
    published: Path,
    con: duckdb.DuckDBPyConnection,
    marts: Sequence[MartSpec],
    *,
    as_of: date,
    gates: Sequence[GateResult],
    partition_builds: Mapping[str, Mapping[str, str]] | None = None,
    built_at: datetime | None = None,
    time_zone: str = "UTC",
    ledger_order: int | None = None,
    after_revision: int = 0,
    reference_book: str | None = None,
) -> StagedEdition:
    """Export the marts into a hidden folder beside the editions; `publish` shows it.

    `partition_builds[mart][value]` names what a partition was built from or when; a partition whose build is that of
    the edition before is shared and not exported. Leftovers of killed runs are removed first.
    `time_zone` is the branch's: the pages show `built_at` (UTC) in it. `ledger_order` is the number of the newest file or
    decision that the edition knows. The edition's number is above `after_revision`, whatever is there.
    `reference_book` is the hash of the book that it was computed from.
    """
    editions = published / EDITIONS
    editions.mkdir(parents=True, exist_ok=True)
    remove_leftovers(published)
    current = current_edition(published)
    _remove_unpublished(published, current)
    # After all existing folders, whatever the pointer names: a restored pointer may be older, and no name is used twice.
    revision = 1 + max([after_revision, 0 if current is None else current.revision, *edition_folders(published)])
    edition = f"{as_of.isoformat()}-{revision:04d}"
    folder = editions / f"{BUILDING}{edition}-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    previous = _previous_files(current)
    builds = partition_builds or {}
    described = {
        mart.name: export_mart(con, mart, folder, f"{EDITIONS}/{edition}", previous, builds.get(mart.name, {}))
        for mart in marts
    }
    manifest = {
        "edition": edition,
        "as_of": as_of.isoformat(),
        "built_at": _built_at(built_at),
        "time_zone": time_zone,
        "revision": revision,
        "marts": described,
        "gates": [gate.as_dict() for gate in gates],
    }
    if ledger_order is not None:
        manifest[LEDGER_ORDER] = ledger_order
    if reference_book is not None:
        manifest[REFERENCE_BOOK] = reference_book
    staged = StagedEdition(published, folder, edition, manifest, tuple(gates), tuple(previous.damaged))
    staged.write_manifest()
    return staged


def publish(staged: StagedEdition) -> Path:
    """Make the staged edition the current one; its folder. Raises GatesBlocked where a critical gate failed."""
    blocked_by = blocking(staged.gates)
    if blocked_by:
        names = ", ".join(f"{result.suite}.{result.gate}" for result in blocked_by)
        raise GatesBlocked(f"edition {staged.edition} is not published: release gates failed: {names}")
    editions = staged.published / EDITIONS
    folder = editions / staged.edition
    flush_tree(staged.folder)
    if folder.exists():
        raise TollhouseError(f"edition {folder.name} is already published; stage a new one")
    mark = staged.published / PUBLISHING
    replace_text(mark, staged.edition)
    staged.folder.rename(folder)
    flush(editions)
    pointer = {
        "edition": staged.edition,
        "path": f"{EDITIONS}/{staged.edition}",
        MANIFEST_HASH: sha256_of(folder / MANIFEST),
    }
    replace_text(staged.published / POINTER, as_json(pointer))
    mark.unlink()
    return folder


def publish_blocked(
    published: Path,
    con: duckdb.DuckDBPyConnection,
    run_id: str,
    marts: Sequence[MartSpec],
    gates: Sequence[GateResult],
    as_of: date,
    *,
    built_at: datetime | None = None,
) -> Path:
    """Show what blocked a run, in published/blocked/<run_id>/; the current edition stays.

    An edition that the run has staged is thrown away. Of the given marts those in SHOWN_WHEN_BLOCKED are written, each as
    one file; one that the broken run left without a table is named under `missing_marts`. The gate results are in
    gate_results.parquet and in the manifest.
    """
    if not _RUN_ID.match(run_id):
        raise TollhouseError(f"the run id '{run_id}' cannot name a folder")
    blocked = published / BLOCKED
    blocked.mkdir(parents=True, exist_ok=True)
    remove_leftovers(published)
    folder = blocked / f"{BUILDING}{run_id}"
    folder.mkdir()
    nothing = PreviousFiles({})
    described, missing = {}, []
    for mart in (mart for mart in marts if mart.name in SHOWN_WHEN_BLOCKED):
        if not _is_there(con, mart):
            missing.append(mart.name)
            continue
        whole = MartSpec(mart.name, mart.order_by)
        described[mart.name] = export_mart(con, whole, folder, f"{BLOCKED}/{run_id}", nothing, {})
    _write_gate_results(folder / "gate_results.parquet", gates)
    manifest = {
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "built_at": _built_at(built_at),
        "marts": described,
        "missing_marts": missing,
        "gates": [gate.as_dict() for gate in gates],
    }
    (folder / MANIFEST).write_text(as_json(manifest), encoding="utf-8")
    flush_tree(folder)
    final = blocked / run_id
    if final.exists():  # the same run, tried again
        shutil.rmtree(final)
    folder.rename(final)
    flush(blocked)
    return final


def remove_leftovers(published: Path) -> None:
    """Remove what killed runs left half built, also pages that were being drawn. Editions themselves are never touched."""
    for parent in (published / EDITIONS, published / BLOCKED):
        if parent.is_dir():
            for folder in (*parent.glob(f"{BUILDING}*"), *parent.glob(f"*/{SITE_PART}")):
                shutil.rmtree(folder)


def _remove_unpublished(published: Path, current: EditionFolder | None) -> None:
    """Remove the folder of a run that was killed between naming it and moving the pointer: nobody has seen that folder."""
    mark = published / PUBLISHING
    if not mark.is_file():
        return
    folder = published / EDITIONS / mark.read_text(encoding="utf-8")
    is_current = current is not None and current.folder == folder
    if folder in edition_folders(published).values() and not is_current:
        aside = folder.with_name(f"{BUILDING}unpublished-{folder.name}")
        folder.rename(aside)
        shutil.rmtree(aside)
    mark.unlink()


def _previous_files(current: EditionFolder | None) -> PreviousFiles:
    if current is None:
        return PreviousFiles({})
    root = f"{EDITIONS}/{current.edition}/"
    return PreviousFiles(
        {file.path.removeprefix(root): (file, current.path_of(file)) for file in current.manifest.files}
    )


def _built_at(moment: datetime | None) -> str:
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_there(con: duckdb.DuckDBPyConnection, mart: MartSpec) -> bool:
    found = con.execute(
        "select 1 from information_schema.tables"
        " where table_catalog = current_database() and table_schema = ? and table_name = ?",
        [SCHEMA, mart.name],
    ).fetchone()
    return found is not None


def _write_gate_results(path: Path, gates: Sequence[GateResult]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("suite", pa.string()),
            ("gate", pa.string()),
            ("description", pa.string()),
            ("severity", pa.string()),
            ("success", pa.bool_()),
            ("checked_rows", pa.int64()),
            ("failed_rows", pa.int64()),
            ("sample", pa.string()),
            ("exception", pa.string()),
        ]
    )
    rows = [gate.as_dict() | {"sample": as_json(gate.sample)} for gate in gates]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")
