"""The raw zone held against the ledger: every part of every file that counts must be there, as its decode wrote it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.errors import TollhouseError
from orchestration.ingestion.raw_parts import (
    RAW_ADVICE,
    needed_folders,
    part_path,
    quick_fault,
    row_count,
    whole_fault,
    written_parts,
)
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import FileEntry, RawPart
from orchestration.settings import Settings


def refuse_lost_rows(settings: Settings, ledger: FileLedger) -> None:
    """Raise TollhouseError where rows of a decoded file are gone or not what was written, by a glance at each Parquet file.

    Of files that an earlier version decoded the parts are found, counted and kept, so that they are compared from now on.
    """
    parts = ledger.raw_parts()
    unknown = [entry for entry in decoded_files(ledger) if entry.file_id not in parts]
    faults = list(_faults(settings, ledger, parts, is_deep=False))
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise TollhouseError(f"{faults[0]}{more}: {RAW_ADVICE}")
    if unknown:
        found = [part for entry in unknown for part in written_parts(settings.raw, entry)]
        ledger.record_raw_parts([entry.file_id for entry in unknown], found)


def damaged_rows(settings: Settings, ledger: FileLedger, *, is_deep: bool) -> Iterator[str]:
    """What is wrong with the raw zone; `is_deep` reads and hashes everything."""
    yield from _faults(settings, ledger, ledger.raw_parts(), is_deep=is_deep)


def decoded_files(ledger: FileLedger) -> list[FileEntry]:
    """The files whose rows count, or are looked at by those who decide: decoded, and not rejected."""
    return [entry for entry in ledger.files() if entry.decoded_with is not None and entry.status != "rejected"]


def _faults(settings: Settings, ledger: FileLedger, parts: dict[str, list[RawPart]], *, is_deep: bool) -> Iterator[str]:
    look = whole_fault if is_deep else quick_fault
    for entry in decoded_files(ledger):
        if entry.file_id in parts:
            found = [look(settings.raw, part) for part in parts[entry.file_id]]
        else:
            found = [_fault_without_record(settings, entry)]
        yield from (f"{fault} ({entry.source}/{entry.file_name})" for fault in found if fault is not None)


def _fault_without_record(settings: Settings, entry: FileEntry) -> str | None:
    """What is wrong with the rows of a file that an earlier version decoded, by the ledger's counts."""
    for folder in needed_folders(entry):
        path, rows = part_path(settings.raw, entry.file_id, folder), row_count(entry, folder)
        if not path.is_file():
            if rows:
                return f"{path} is gone"
            continue
        try:
            found = pq.read_metadata(path).num_rows
        except (pa.ArrowException, OSError) as error:
            return f"{path} cannot be read: {' '.join(str(error).split())[:200]}"
        if found != rows:
            return f"{path} has {found} rows and was decoded to {rows}"
    return None
