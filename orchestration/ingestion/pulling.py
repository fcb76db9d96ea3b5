"""Pulling: from the sources' folders into the landing area, whole and hashed, and into the file ledger.

Half-written files are left for the next run. What a file holds is looked at only as far as its first line.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from orchestration.errors import TollhouseError
from orchestration.ingestion.cdr_formats import load_cdr_format
from orchestration.ingestion.headers import header_fault
from orchestration.ingestion.ledger import UNREADABLE, WRONG_NAME, FileLedger
from orchestration.ingestion.ledger_schema import Decision, FileEntry, NewFile
from orchestration.ingestion.packing import PackingError, base_name, packing_of, unpacker
from orchestration.ingestion.sources import Source, file_system, load_sources
from orchestration.settings import Settings

Progress = Callable[[int, int, str], None]  # done, of how many, what

COMPANIONS = (".ctl", ".done")
UNFINISHED = (".part", ".tmp")
SETTLE_SECONDS = 1.0

_CHUNK_BYTES = 1 << 20
_LONGEST_HEADER_BYTES = 1 << 16


@dataclass
class PullResult:
    """What a pull found."""

    listed: int = 0
    registered: list[FileEntry] = field(default_factory=list)
    growing: list[str] = field(default_factory=list)  # still being written: left for the next run
    unreachable: list[str] = field(default_factory=list)  # sources and files that could not be read, with the reason

    @property
    def rejected(self) -> list[FileEntry]:
        """The newly registered files that were rejected at once."""
        return [entry for entry in self.registered if entry.status == "rejected"]


@dataclass
class _Delivered:
    """A file as its source lists it."""

    source: Source
    files: Any
    path: str
    name: str
    size: int
    mtime_ns: int
    companions: dict[str, str]

    @property
    def label(self) -> str:
        return f"{self.source.name}/{self.name}"


@dataclass(frozen=True)
class _Landed:
    """A copied file that waits for its registration."""

    delivered: _Delivered
    new: NewFile
    fault: str | None

    @property
    def order(self) -> tuple[date, str, str]:
        return (self.new.file_date or date.max, self.new.file_name, self.new.source)


def pull(
    settings: Settings, ledger: FileLedger, progress: Progress | None = None, settle_seconds: float = SETTLE_SECONDS
) -> PullResult:
    """Copy what is new and settled in every source into the landing area and register it.

    A source that cannot be reached is reported in the result and stops no other. Raises UsageError for wrong sources.
    """
    result = PullResult()
    changed: list[_Delivered] = []
    for source in load_sources(settings):
        try:
            listed = _list(source)
        except Exception as error:  # noqa: BLE001  each remote file system has its own errors; none may stop the other sources
            result.unreachable.append(f"{source.name}: {source.url} cannot be listed: {error}")
            continue
        result.listed += len(listed)
        before = ledger.deliveries(source.name)
        for delivered in listed:
            size, mtime_ns, file_id = before.get(delivered.name, (-1, -1, ""))
            if (size, mtime_ns) == (delivered.size, delivered.mtime_ns):
                _take_late_companion(ledger, file_id, delivered)
            else:
                changed.append(delivered)
    ready = _settled(changed, settle_seconds, result)
    incoming = settings.landing / ".incoming"
    shutil.rmtree(incoming, ignore_errors=True)  # what a killed run left half copied
    landed: list[_Landed] = []
    for number, delivered in enumerate(ready, start=1):
        if progress is not None:
            progress(number, len(ready), delivered.label)
        try:
            copied = _land(settings, incoming, delivered)
        except OSError as error:
            result.unreachable.append(f"{delivered.label}: cannot be copied: {error}")
            continue
        if copied is None:
            result.growing.append(delivered.label)
        else:
            landed.append(copied)
    shutil.rmtree(incoming, ignore_errors=True)
    with ledger.transaction():
        for item in sorted(landed, key=lambda item: item.order):
            entry, is_new = ledger.register(item.new, item.fault)
            d = item.delivered
            if d.mtime_ns:
                ledger.remember_delivery(d.source.name, d.name, d.size, d.mtime_ns, entry.file_id)
            if is_new:
                result.registered.append(entry)
    return result


def waiting_files(settings: Settings, sources: list[Source]) -> list[str]:
    """The files in reachable sources that the ledger has not taken in as they are now, each with its size and time.

    For the sensor: looks and copies nothing. A file that is still growing counts, with the size it has.
    """
    waiting = []
    known: dict[str, dict[str, tuple[int, int, str]]] = {}
    if settings.ledger_path.is_file():
        with FileLedger(settings.ledger_path, read_only=True) as ledger:
            known = {source.name: ledger.deliveries(source.name) for source in sources}
    for source in sources:
        try:
            listed = _list(source)
        except OSError:
            continue  # the run reports an unreachable source; a sensor that cannot look has nothing to start
        for d in listed:
            size, mtime_ns, _ = known.get(source.name, {}).get(d.name, (-1, -1, ""))
            if (size, mtime_ns) != (d.size, d.mtime_ns):
                waiting.append(f"{d.label} {d.size} {d.mtime_ns}")
    return sorted(waiting)


def _list(source: Source) -> list[_Delivered]:
    files, folder = file_system(source.url, source.name)
    files.invalidate_cache()
    items = {
        str(item["name"]).rsplit("/", 1)[-1]: item for item in files.ls(folder, detail=True) if item["type"] == "file"
    }
    found = []
    for name in sorted(items):
        if name.startswith(".") or name.endswith(COMPANIONS + UNFINISHED):
            continue
        companions = {suffix: str(items[name + suffix]["name"]) for suffix in COMPANIONS if name + suffix in items}
        item = items[name]
        found.append(_Delivered(source, files, str(item["name"]), name, int(item["size"]), _mtime_ns(item), companions))
    return found


def _mtime_ns(item: dict[str, Any]) -> int:
    """When the file was last written; 0 where the file system does not say."""
    value = item.get("mtime", item.get("LastModified", item.get("last_modified")))
    if isinstance(value, datetime):
        return int(value.timestamp() * 1e9)
    return int(value * 1e9) if isinstance(value, int | float) else 0


def _settled(changed: list[_Delivered], settle_seconds: float, result: PullResult) -> list[_Delivered]:
    """Those whose companion is there, or whose size and time stay for a while."""
    now_ns = time.time_ns()
    young = [d for d in changed if not d.companions and now_ns - d.mtime_ns < settle_seconds * 1e9]
    growing: set[int] = set()
    if young:
        time.sleep(settle_seconds)
        growing = {id(d) for d in young if _has_changed(d)}
        result.growing.extend(d.label for d in young if id(d) in growing)
    return [d for d in changed if id(d) not in growing]


def _has_changed(delivered: _Delivered) -> bool:
    delivered.files.invalidate_cache()
    try:
        info = delivered.files.info(delivered.path)
    except FileNotFoundError:
        return True
    return (int(info["size"]), _mtime_ns(info)) != (delivered.size, delivered.mtime_ns)


def _land(settings: Settings, incoming: Path, delivered: _Delivered) -> _Landed | None:
    """Copy a file whole and learn its hashes on the way; None where it changed meanwhile."""
    incoming.mkdir(parents=True, exist_ok=True)
    copy = incoming / "copy.part"
    as_delivered, content = hashlib.sha256(), hashlib.sha256()
    packing = packing_of(delivered.name)
    unpack = unpacker(packing)
    packing_fault: str | None = None
    first_line, line_ends, delimiters, last_byte, copied = b"", 0, 0, b"\n", 0
    is_cdr = delivered.source.kind == "cdr"
    delimiter = load_cdr_format(delivered.source.format).delimiter.encode() if is_cdr else b""
    with delivered.files.open(delivered.path, "rb") as source, copy.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
            copied += len(chunk)
            as_delivered.update(chunk)
            if packing_fault is not None:
                continue
            try:
                text = unpack.feed(chunk)
            except PackingError as error:
                packing_fault = str(error)
                continue
            if packing != "none":
                content.update(text)
            if b"\n" not in first_line and len(first_line) < _LONGEST_HEADER_BYTES:
                first_line += text[:_LONGEST_HEADER_BYTES]
            line_ends += text.count(b"\n")
            delimiters += text.count(delimiter) if delimiter else 0
            last_byte = text[-1:] or last_byte
        target.flush()
        os.fsync(target.fileno())
    if packing_fault is None:
        try:
            unpack.finish()
        except PackingError as error:
            packing_fault = str(error)
    if copied != delivered.size or _has_changed(delivered):
        copy.unlink()
        return None
    sha256 = as_delivered.hexdigest()
    file_id = file_id_of(delivered.source.name, delivered.name, sha256)
    place = settings.landing / delivered.source.name / file_id / delivered.name
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(copy, place)
    readable = packing_fault is None
    new, fault = _describe(
        delivered,
        file_id=file_id,
        sha256=sha256,
        landing_path=place.relative_to(settings.home).as_posix(),
        content_sha256=(sha256 if packing == "none" else content.hexdigest()) if readable else None,
        content_lines=line_ends + (last_byte != b"\n") if readable else None,
        content_delimiters=delimiters if readable and is_cdr else None,
    )
    if fault is None and packing_fault is not None:
        fault = f"{UNREADABLE}{packing_fault}"
    if fault is None:
        line = first_line.split(b"\n", 1)[0]
        wrong = header_fault(new.file_kind, new.format, new.export_table, line)
        fault = None if wrong is None else f"{UNREADABLE}{wrong}"
    return _Landed(delivered, new, fault)


def _describe(delivered: _Delivered, **found: Any) -> tuple[NewFile, str | None]:
    """What is to be registered, and the fault of the file's name, if it has one."""
    source = delivered.source
    parts = source.parse_name(delivered.name)
    records, seconds, ctl_fault = _declared(delivered)
    new = NewFile(
        source=source.name,
        file_kind=source.kind,
        format=source.format,
        file_name=delivered.name,
        base_name=base_name(delivered.name),
        size_bytes=delivered.size,
        switch_id=parts.switch_id if parts else source.switch_id,
        file_date=parts.file_date if parts else None,
        sequence_number=parts.sequence_number if parts else None,
        bank_code=parts.bank_code if parts else source.bank_code,
        batch_in_name=parts.batch_in_name if parts else None,
        export_table=parts.export_table if parts else None,
        declared_records=records,
        declared_seconds=seconds,
        ctl_fault=ctl_fault,
        **found,
    )
    fault = None if parts else f"{WRONG_NAME} {source.pattern} ({source.name})"
    return new, fault


def _declared(delivered: _Delivered) -> tuple[int | None, int | None, str | None]:
    """Records and seconds of the .ctl companion, and what in it cannot be understood."""
    if ".ctl" not in delivered.companions:
        return None, None, None
    counts: dict[str, int] = {}
    text = delivered.files.cat_file(delivered.companions[".ctl"]).decode("utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, value = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if name not in ("records", "seconds") or not (value.isascii() and value.isdigit()) or name in counts:
            return (
                None,
                None,
                f"line {number} of {delivered.name}.ctl is no records=<n> or seconds=<n>: {line.strip()!r}",
            )
        counts[name] = int(value)
    return counts.get("records"), counts.get("seconds"), None


def _take_late_companion(ledger: FileLedger, file_id: str, delivered: _Delivered) -> None:
    """A .ctl that came after its file was registered still says what the file should hold."""
    if ".ctl" not in delivered.companions:
        return
    entry = ledger.file(file_id)
    if entry.declared_records is None and entry.declared_seconds is None and entry.ctl_fault is None:
        declared = _declared(delivered)
        if declared != (None, None, None):
            ledger.record_companion(file_id, *declared)


def retry(settings: Settings, ledger: FileLedger, file_id: str, why: str) -> Decision:
    """Look at a landed file anew, as if its source delivered it today, and have the next run decode and judge it.

    For a held or unreadable file whose cause was mended beside it: a format, sources.yml, a result code, a limit. Raises
    TollhouseError where there is nothing to try again or the file still cannot be read; nothing is changed then.
    """
    entry = ledger.file(file_id)
    ledger.refuse_retry(entry)
    label = f"{entry.file_id} ({entry.file_name})"
    source = next((source for source in load_sources(settings) if source.name == entry.source), None)
    if source is None:
        raise TollhouseError(f"{label}: its source {entry.source} is no longer there; put it back into the sources")
    landed = settings.home / entry.landing_path
    files, path = file_system(f"file:{landed}", entry.source)
    if not landed.is_file() or hashlib.sha256(landed.read_bytes()).hexdigest() != entry.sha256:
        raise TollhouseError(f"{landed}: the landed file {entry.file_id} is gone or changed; restore it from a backup")
    delivered = _Delivered(source, files, path, entry.file_name, entry.size_bytes, _mtime_ns(files.info(path)), {})
    again = _land(settings, settings.landing / ".incoming", delivered)
    if again is None or again.fault is not None:
        fault = "it changes while it is read" if again is None else again.fault
        raise TollhouseError(f"{label} cannot be tried again yet: {fault}; mend that first")
    return ledger.retry_file(again.new, why)


def file_id_of(source: str, file_name: str, sha256: str) -> str:
    """The id of a delivery: the same on every machine and every run."""
    return hashlib.sha256(f"{source}\0{file_name}\0{sha256}".encode()).hexdigest()[:16]
