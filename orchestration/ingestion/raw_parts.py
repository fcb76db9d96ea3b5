"""The Parquet files of the raw zone, one for each kind of row of a delivered file: which there must be, and whether they are
what the decoder wrote."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.errors import TollhouseError
from orchestration.ledger.schema import FileEntry, RawPart
from orchestration.storage.durable import sha256_of

#: The end that is compared in every run: it holds the file's own description, with the least and greatest value of each
#: column, so that the Parquet of another file in its place is noticed.
END_BYTES = 8 << 10

RAW_ADVICE = "`tollhouse rebuild --raw` decodes the landed files again. The edition stays as it was"

_FOLDERS = {"cdr": ("calls", "pieces", "malformed", "ignored"), "bank": ("debits", "debit_batches", "malformed")}
#: The parts that every decode writes, also where they have no row.
_ALWAYS = {"cdr": ("calls",), "bank": ("debits", "debit_batches")}


def folders_of(entry: FileEntry) -> tuple[str, ...]:
    """The folders of the raw zone in which a file can have a part."""
    if entry.file_kind == "customers":
        return (f"customers/{entry.export_table}", "customers/unreadable_keys", "malformed")
    return _FOLDERS[entry.file_kind]


def needed_folders(entry: FileEntry) -> tuple[str, ...]:
    """The folders in which a decoded file has a part in any case."""
    return (f"customers/{entry.export_table}",) if entry.file_kind == "customers" else _ALWAYS[entry.file_kind]


def part_path(raw: Path, file_id: str, folder: str) -> Path:
    """The path of a part."""
    return raw / folder / f"{file_id}.parquet"


def row_count(entry: FileEntry, folder: str) -> int | None:
    """How many rows a part of a decoded file has by the ledger's figures; None where they do not have it."""
    if folder == "calls":
        return entry.read_records - entry.malformed_records - entry.ignored_records
    if folder == "ignored":
        return entry.ignored_records
    if folder == "malformed":
        return entry.malformed_records if entry.file_kind == "cdr" else entry.set_aside_rows
    if folder == "debit_batches":
        return 1
    if folder == "debits" or folder == f"customers/{entry.export_table}":
        return entry.data_rows - entry.set_aside_rows
    return None


def written_parts(raw: Path, entry: FileEntry) -> list[RawPart]:
    """The parts of a decoded file as they are now, just written by its decode."""
    found = []
    for folder in folders_of(entry):
        path = part_path(raw, entry.file_id, folder)
        if path.is_file():
            rows, size = row_count(entry, folder), path.stat().st_size
            sha256 = sha256_of(path)
            end = sha256 if size <= END_BYTES else _end_sha256(path)
            if rows is None:
                rows = pq.read_metadata(path).num_rows
            found.append(RawPart(entry.file_id, folder, rows, size, sha256, end))
    return found


def quick_fault(raw: Path, part: RawPart) -> str | None:
    """What is wrong with a part by its size and its end; None where both are as they were written."""
    path = f"{raw}/{part.folder}/{part.file_id}.parquet"  # a run looks at each there is: no object for each
    try:
        file = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return f"{path} is gone"
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            return f"{path} is not a file"
        size = status.st_size
        if size != part.size_bytes:
            return f"{path} has {size} bytes and was written with {part.size_bytes}"
        end = os.pread(file, END_BYTES, max(0, size - END_BYTES))
    finally:
        os.close(file)
    if hashlib.sha256(end).hexdigest() != part.end_sha256:
        return f"{path} is not what was written: the end of the file differs"
    return None


def whole_fault(raw: Path, part: RawPart) -> str | None:
    """What is wrong with a part, all of it hashed; None where it is as it was written."""
    path = part_path(raw, part.file_id, part.folder)
    if not path.is_file():
        return f"{path} is gone"
    return None if sha256_of(path) == part.sha256 else f"{path} is not what was written: its SHA-256 differs"


class CheckedRawZone:
    """The raw zone to be read from: each file is hashed once before it is first read."""

    def __init__(self, raw: Path, parts: dict[str, list[RawPart]]) -> None:
        self._raw = raw
        self._parts = {part_path(raw, part.file_id, part.folder): part for some in parts.values() for part in some}
        self._found_sound: set[Path] = set()

    def check(self, paths: Iterable[Path]) -> None:
        """Raise TollhouseError where one of the files is not what its decode wrote. Of one that an earlier version decoded
        nothing is known."""
        for path in paths:
            part = self._parts.get(path)
            if part is None or path in self._found_sound:
                continue
            fault = whole_fault(self._raw, part)
            if fault is not None:
                raise TollhouseError(f"{fault}: {RAW_ADVICE}")
            self._found_sound.add(path)


def _end_sha256(path: Path) -> str:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - END_BYTES))
        return hashlib.sha256(file.read()).hexdigest()
