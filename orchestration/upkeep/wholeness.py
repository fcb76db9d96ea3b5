"""Whether a copy of the state holds all that its ledger and the manifests of its editions name, as they were written: by the
hashes that were taken while copying."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestration.errors import TollhouseError
from orchestration.ingestion.landed.landed_packing import delivered_sha256, is_packed, landed_path
from orchestration.ingestion.raw_parts import needed_folders, part_path
from orchestration.ledger.file_ledger import BY_A_PERSON, FileLedger
from orchestration.publishing.manifest import DamagedEdition
from orchestration.publishing.reading import (
    current_edition,
    edition_folders,
    lost_pointer,
    read_edition,
)
from orchestration.state.home_state import LEDGER
from orchestration.state.raw_zone import decoded_files

Hashes = Mapping[str, str]


def state_faults(copy: Path, home: Path, hashes: Hashes) -> list[str]:
    """What is lost or damaged in a copy of a home's state. `hashes` has the SHA-256 of every file of it by its path in the home;
    only landed files that are packed are read once more.

    Takes room for the ledger once more in the copy, for a while.
    """
    with tempfile.TemporaryDirectory(prefix=".ledger-", dir=copy) as folder:
        # The ledger of an earlier version is brought up to this one before it is read, which the copy must not be.
        ledger_path = Path(folder) / LEDGER
        shutil.copyfile(copy / LEDGER, ledger_path)
        with FileLedger(ledger_path) as ledger:
            faults = [
                *_landed_faults(copy, ledger, hashes),
                *_raw_faults(copy, ledger, hashes),
                *_frozen_faults(copy, ledger, hashes),
                *_edition_faults(copy, hashes),
            ]
    # Errors of reading the editions are about the copy, but the reader knows only the home.
    return [fault.replace(f"{copy}/", f"{home}/") for fault in faults]


def held_edition(copy: Path) -> str | None:
    """The name of the current edition of a copied state; None where there is none, or it is damaged."""
    try:
        current = current_edition(copy / "published")
    except TollhouseError:
        return None
    return None if current is None else current.edition


def _landed_faults(copy: Path, ledger: FileLedger, hashes: Hashes) -> Iterator[str]:
    for entry in ledger.files():
        path = landed_path(copy, entry)
        sha256 = hashes.get(path.relative_to(copy).as_posix())
        if sha256 is None:
            if not (entry.status == "rejected" and (entry.status_reason or "").startswith(BY_A_PERSON)):
                yield f"{copy / entry.landing_path}: the landed file {entry.file_id} is gone"
            continue
        if is_packed(copy, entry):
            sha256 = delivered_sha256(copy, entry)
        if sha256 != entry.sha256:
            yield f"{path}: the landed file {entry.file_id} is not what was delivered: its SHA-256 differs"


def _raw_faults(copy: Path, ledger: FileLedger, hashes: Hashes) -> Iterator[str]:
    known = ledger.raw_parts()
    for entry in decoded_files(ledger):
        raw, of_file = Path("raw"), f"({entry.source}/{entry.file_name})"
        parts = known.get(entry.file_id)
        if parts is None:  # decoded by an earlier version, which kept no hashes
            needed = [part_path(raw, entry.file_id, folder) for folder in needed_folders(entry)]
            yield from (f"{copy / path} is gone {of_file}" for path in needed if path.as_posix() not in hashes)
            continue
        for part in parts:
            path = part_path(raw, part.file_id, part.folder).as_posix()
            yield from (f"{fault} {of_file}" for fault in _fault(copy, path, part.sha256, hashes))


def _frozen_faults(copy: Path, ledger: FileLedger, hashes: Hashes) -> Iterator[str]:
    for files in (*ledger.frozen_figures().values(), *ledger.reopened_figures().values()):
        for file in files:
            faults = _fault(copy, file.path, file.sha256, hashes)
            yield from (f"{fault} (closed period {file.period})" for fault in faults)


def _edition_faults(copy: Path, hashes: Hashes) -> Iterator[str]:
    """Of the current edition and of all before it: what is damaged in a backup is damaged in every later one."""
    published = copy / "published"
    try:
        current_edition(published)
        lost = lost_pointer(published)
        if lost is not None:
            yield lost
    except TollhouseError as error:
        yield str(error)
    for folder in edition_folders(published).values():
        try:
            files = read_edition(folder, published).manifest.files
        except DamagedEdition as error:
            yield f"{error.path} cannot be read ({error.why})"
            continue
        for file in files:
            yield from _fault(copy, f"published/{file.path}", file.sha256, hashes)


def _fault(copy: Path, path: str, sha256: str, hashes: Hashes) -> list[str]:
    if path not in hashes:
        return [f"{copy / path} is gone"]
    return [] if hashes[path] == sha256 else [f"{copy / path} is not what was written: its SHA-256 differs"]
