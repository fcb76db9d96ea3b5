"""Verdicts on CDR files (SPEC 4): loaded, held or rejected, one after another in the order of registration.

Shares of malformed, duplicate and other_day records are those that the file would have if it were loaded. A file gets its
verdict once; people release held files. Records get their states in the warehouse, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.ingestion.file_reading.file_faults import fault_text, is_of_the_machine
from orchestration.ingestion.raw_parts import CheckedRawZone
from orchestration.ledger.file_ledger import SAME_CONTENT, UNREADABLE, FileLedger
from orchestration.ledger.schema import FileEntry, OffendingRecord
from orchestration.warehouse.file_verdicts.duplicates import OrderedFile, find_duplicates
from orchestration.warehouse.file_verdicts.offending_records import (
    duplicate_records,
    malformed_records,
    other_day_records,
)


@dataclass(frozen=True)
class Verdict:
    """The decision on a file, its reason, and the first of the records that it is held for."""

    entry: FileEntry
    status: str
    reason: str | None
    records: Sequence[OffendingRecord] = ()


def loaded_files(ledger: FileLedger, as_of: date | None) -> list[OrderedFile]:
    """The loaded CDR files dated up to `as_of`, with the orders they and their released calls count by."""
    releases = {decision.file_id: decision.order_number for decision in ledger.decisions("release_calls")}
    return [
        _ordered(entry, entry.effective_order or entry.seen_order, releases.get(entry.file_id))
        for entry in ledger.files("cdr")
        if entry.status == "loaded" and _counts(entry, as_of)
    ]


def check_cdr_files(
    ledger: FileLedger,
    con: duckdb.DuckDBPyConnection,
    raw: Path,
    hold_above: Mapping[str, Decimal],
    as_of: date | None,
) -> list[Verdict]:
    """Decide on the decoded files dated up to `as_of` that have no status yet, and keep the verdicts in the ledger.

    `hold_above` maps malformed, duplicate and other_day to the share of a file's records strictly above which it is held.
    A file that is held for its duplicates does not count, so records of a later file may no longer be duplicates. Therefore
    the earliest file above a share is held, and the others are checked again without it.
    """
    new = [entry for entry in ledger.files("cdr") if entry.status == "registered" and _counts(entry, as_of)]
    if not new:
        return []

    def decide(entries: Sequence[FileEntry]) -> list[Verdict]:
        return _verdicts(ledger, con, raw, hold_above, as_of, entries)

    try:
        verdicts = decide(new)
    except Exception as error:
        if is_of_the_machine(error):
            raise
        # At least one file is at fault: one that fails alone too. The others are checked without it.
        spoilt = {entry.file_id: fault for entry in new if (fault := _deciding_fault(decide, entry))}
        if not spoilt:
            raise
        verdicts = [Verdict(entry, "rejected", spoilt[entry.file_id]) for entry in new if entry.file_id in spoilt]
        verdicts += decide([entry for entry in new if entry.file_id not in spoilt])
    with ledger.transaction():
        for verdict in verdicts:
            ledger.set_status(verdict.entry.file_id, verdict.status, verdict.reason, verdict.records)
    return verdicts


def _deciding_fault(decide: Callable[[Sequence[FileEntry]], list[Verdict]], entry: FileEntry) -> str | None:
    """Why a file cannot be checked alone; None where it can."""
    try:
        decide([entry])
    except Exception as error:
        if is_of_the_machine(error):
            raise
        return f"{UNREADABLE}{fault_text(error, 'checked')}"
    return None


def _verdicts(
    ledger: FileLedger,
    con: duckdb.DuckDBPyConnection,
    raw: Path,
    hold_above: Mapping[str, Decimal],
    as_of: date | None,
    new: Sequence[FileEntry],
) -> list[Verdict]:
    """The verdicts on the new files; nothing is kept yet."""
    if not new:
        return []
    before = loaded_files(ledger, as_of)
    contents = {
        entry.content_sha256: entry
        for entry in ledger.files("cdr")
        if entry.status == "loaded" and _counts(entry, as_of) and entry.read_records > 0
    }
    held: dict[str, str] = {}
    held_for: dict[str, list[OffendingRecord]] = {}
    for entry in new:
        reason = (
            entry.content_fault
            or _companion_fault(entry)
            or _share_fault("malformed", entry.malformed_records, entry, hold_above)
        )
        if reason:
            held[entry.file_id] = reason
            held_for[entry.file_id] = malformed_records(raw, entry.file_id)
    days_of: dict[str, set[date]] = {}
    other_days: dict[str, int] = {}
    for day in ledger.call_days():
        days_of.setdefault(day.file_id, set()).add(day.call_date)
        other_days[day.file_id] = other_days.get(day.file_id, 0) + day.other_day_records
    touched = set().union(*(days_of.get(entry.file_id, set()) for entry in new))
    zone = CheckedRawZone(raw, ledger.raw_parts())
    while True:
        rejected = _same_content(new, held, contents)
        candidates = [e for e in new if e.file_id not in held and e.file_id not in rejected]
        files = before + [_ordered(entry, entry.effective_order or entry.seen_order, None) for entry in candidates]
        near = [f for f in files if days_of.get(f.file_id, set()) & touched]
        zone.check(
            raw / "calls" / f"{f.file_id}.parquet" for f in near
        )  # a damaged one must not cost another file its verdict
        find_duplicates(con, raw / "calls", near, touched, "judged_duplicates")
        counts = _duplicate_counts(con, raw, candidates, other_days)
        fault = next(
            (
                (entry, reason)
                for entry in candidates
                if (reason := _repeat_fault(entry, counts.get(entry.file_id, (0, 0)), other_days, hold_above))
            ),
            None,
        )
        if fault is None:
            break
        entry, reason = fault
        held[entry.file_id] = reason
        if _share_fault("duplicate", counts.get(entry.file_id, (0, 0))[0], entry, hold_above):
            held_for[entry.file_id] = duplicate_records(con, raw, ledger, entry.file_id, "judged_duplicates")
        else:
            held_for[entry.file_id] = other_day_records(con, raw, entry.file_id, "judged_duplicates")
    verdicts = []
    for entry in new:
        if entry.file_id in rejected:
            verdicts.append(Verdict(entry, "rejected", rejected[entry.file_id]))
        elif entry.file_id in held:
            verdicts.append(Verdict(entry, "held", held[entry.file_id], held_for[entry.file_id]))
        else:
            verdicts.append(Verdict(entry, "loaded", None))
    return verdicts


def _counts(entry: FileEntry, as_of: date | None) -> bool:
    return entry.file_date is not None and (as_of is None or entry.file_date <= as_of)


def _ordered(entry: FileEntry, order: int, other_day_order: int | None) -> OrderedFile:
    assert entry.switch_id is not None and entry.file_date is not None
    return OrderedFile(entry.file_id, entry.switch_id, entry.file_date, order, other_day_order)


def _companion_fault(entry: FileEntry) -> str | None:
    if entry.ctl_fault:
        return f".ctl cannot be read: {entry.ctl_fault}"
    faults = []
    if entry.declared_records is not None and entry.declared_records != entry.read_records:
        faults.append(f"records={entry.declared_records}, the file has {entry.read_records}")
    if entry.declared_seconds is not None and entry.declared_seconds != entry.read_seconds:
        faults.append(f"seconds={entry.declared_seconds}, the file has {entry.read_seconds}")
    return f".ctl disagrees: it says {' and '.join(faults)}" if faults else None


def _share_fault(gate: str, records: int, entry: FileEntry, hold_above: Mapping[str, Decimal]) -> str | None:
    """Why a file's share of the records that are not ignored is too large. It is compared exactly, as records with limit ×
    records; the share in the text is rounded."""
    limit, counted = hold_above[gate], entry.read_records - entry.ignored_records
    if records > limit * counted:
        share = (Decimal(records * 100) / counted).quantize(Decimal("0.01")).normalize()
        allowed = f"more than the share of {limit.normalize():f} allowed"
        return f"{records} of {counted} records are {gate} ({share:f} %): {allowed}"
    return None


def _repeat_fault(
    entry: FileEntry, counts: tuple[int, int], other_days: Mapping[str, int], hold_above: Mapping[str, Decimal]
) -> str | None:
    duplicates, other_day_duplicates = counts
    other_day = other_days.get(entry.file_id, 0) - other_day_duplicates
    return _share_fault("duplicate", duplicates, entry, hold_above) or _share_fault(
        "other_day", other_day, entry, hold_above
    )


def _same_content(
    new: Sequence[FileEntry], held: Mapping[str, str], loaded: Mapping[str | None, FileEntry]
) -> dict[str, str]:
    """The new files with at least one record whose content is that of a file loaded before them."""
    contents = dict(loaded)
    rejected = {}
    for entry in new:
        first = contents.get(entry.content_sha256) if entry.read_records > 0 else None
        if first is not None:
            rejected[entry.file_id] = f"{SAME_CONTENT}{first.file_name} ({first.file_id}), which is loaded"
        elif entry.file_id not in held and entry.read_records > 0:
            contents[entry.content_sha256] = entry
    return rejected


def _duplicate_counts(
    con: duckdb.DuckDBPyConnection, raw: Path, candidates: Sequence[FileEntry], other_days: Mapping[str, int]
) -> dict[str, tuple[int, int]]:
    """Per new file its duplicates, and how many of them are of another day."""
    ids = [entry.file_id for entry in candidates]
    counts = {
        file_id: (duplicates, 0)
        for file_id, duplicates in con.execute(
            "select file_id, count(*) from judged_duplicates where list_contains(?, file_id) group by file_id", [ids]
        ).fetchall()
    }
    for file_id in counts:
        if other_days.get(file_id, 0):
            row = con.execute(
                "select count(*) from read_parquet(?) as calls inner join judged_duplicates using (file_id, record_number) "
                "where calls.is_other_day",
                [str(raw / "calls" / f"{file_id}.parquet")],
            ).fetchone()
            counts[file_id] = (counts[file_id][0], row[0] if row else 0)
    return counts
