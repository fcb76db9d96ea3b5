"""Pulling: from the sources' folders into the landing area, complete and hashed, and into the file ledger.

Half-written files are left for the next run. What a file holds is looked at only as far as its first line.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.errors import TollhouseError
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.file_reading.bounds import RATIO_COUNTS_FROM_BYTES, BoundExceeded, LineWatch, exceeded
from orchestration.ingestion.file_reading.packing import PackingError, base_name, packing_of, unpacker
from orchestration.ingestion.file_reading.whole_numbers import whole_number
from orchestration.ingestion.landed.landed_files import landed_fault
from orchestration.ingestion.landed.landed_packing import unpack
from orchestration.ingestion.landing.headers import header_fault, line_marks
from orchestration.ingestion.landing.transfer import Incoming, Part, copy_whole
from orchestration.ingestion.sources.declaration import Source, list_items, load_sources
from orchestration.ingestion.stores.access import Access
from orchestration.ingestion.stores.base import FileChanged, Item, Store, name_problem
from orchestration.ingestion.stores.pool import Stores
from orchestration.ingestion.stores.retrying import with_retries
from orchestration.ledger.file_ledger import UNREADABLE, WRONG_NAME, FileLedger
from orchestration.ledger.schema import Decision, FileEntry, NewFile
from orchestration.printable import size_text
from orchestration.settings import Settings
from orchestration.storage.disk_space import is_disk_full
from orchestration.storage.durable import flush

Progress = Callable[[int, int, str], None]  # done, of how many, what

COMPANIONS = (".ctl", ".done")
UNFINISHED = (".part", ".tmp")
SETTLE_SECONDS = 1.0

_LONGEST_HEADER_BYTES = 1 << 16


@dataclass
class PullResult:
    """What a pull found."""

    listed: int = 0
    registered: list[FileEntry] = field(default_factory=list)
    growing: list[str] = field(default_factory=list)  # still being written: left for the next run
    waiting: list[str] = field(default_factory=list)  # without the companion that their source asks for
    unreachable: list[str] = field(default_factory=list)  # sources and files that could not be read, with the reason

    @property
    def rejected(self) -> list[FileEntry]:
        """The newly registered files that were rejected at once."""
        return [entry for entry in self.registered if entry.status == "rejected"]


@dataclass
class _Delivered:
    """A file as its source lists it."""

    source: Source
    store: Store
    item: Item
    companions: dict[str, str]

    @property
    def name(self) -> str:
        return self.item.name

    @property
    def label(self) -> str:
        return f"{self.source.name}/{self.name}"

    @property
    def lacks_companion(self) -> bool:
        return self.source.needs_companion and not self.companions


@dataclass(frozen=True)
class _Landed:
    """A complete copy that waits for its place and its registration."""

    delivered: _Delivered
    part: Part
    new: NewFile
    fault: str | None

    @property
    def order(self) -> tuple[date, str, str]:
        return (self.new.file_date or date.max, self.new.file_name, self.new.source)


def pull(
    settings: Settings, ledger: FileLedger, progress: Progress | None = None, settle_seconds: float = SETTLE_SECONDS
) -> PullResult:
    """Copy what is new and settled in every source into the landing area and register it.

    A source that cannot be reached is reported in the result and stops no other. `settle_seconds` is for the files that
    are local and whose entry sets no other. Raises UsageError for wrong sources.
    """
    with Stores() as stores:
        return _pull(settings, ledger, progress, settle_seconds, stores)


def _pull(
    settings: Settings, ledger: FileLedger, progress: Progress | None, settle_seconds: float, stores: Stores
) -> PullResult:
    result = PullResult()
    changed: list[_Delivered] = []
    reached: set[str] = set()
    is_all_reached = True
    for source in load_sources(settings, stores):
        store = stores.of(source.access)
        try:
            listed = _list(source, store, result)
        except Exception as error:  # noqa: BLE001  each remote file system has its own errors; none may stop the other sources
            is_all_reached = False
            result.unreachable.append(source.fault_text(store.describe_error(error)))
            continue
        reached.add(source.name)
        result.listed += len(listed)
        before = ledger.deliveries(source.name)
        for delivered in listed:
            size, mtime_ns, file_id = before.get(delivered.name, (-1, -1, ""))
            if (size, mtime_ns) == delivered.item.state:
                _take_late_companion(ledger, file_id, delivered, result)
            elif delivered.lacks_companion:
                result.waiting.append(delivered.label)
            else:
                changed.append(delivered)
    ready = _settled(changed, settle_seconds, result)
    incoming = Incoming(settings.landing / ".incoming")
    parts = [incoming.part(delivered.source.name, delivered.item) for delivered in ready]
    of_sources = None if is_all_reached else reached  # the copy of a source that does not answer now is kept
    incoming.sweep({part.path for part in parts}, of_sources)
    landed: list[_Landed] = []
    cut: set[Path] = set()
    for number, (delivered, part) in enumerate(zip(ready, parts, strict=True), start=1):
        if progress is not None:
            progress(number, len(ready), delivered.label)
        try:
            landed.append(_land(settings, delivered, part))
        except FileChanged:
            result.growing.append(delivered.label)
        except Exception as error:
            if is_disk_full(error):
                raise  # no later file could be copied either, and the run would publish incomplete data
            cut.add(part.path)
            result.unreachable.append(f"{delivered.label}: cannot be copied: {delivered.store.describe_error(error)}")
    with ledger.transaction():
        parent_dirs: set[Path] = set()
        for item in sorted(landed, key=lambda item: item.order):
            d = item.delivered
            place = settings.home / item.new.landing_path
            try:
                item.part.move_to(place, d.item.mtime_ns)
                parent_dirs.add(place.parent.parent)
            except OSError as error:
                if is_disk_full(error):
                    raise
                cut.add(item.part.path)
                result.unreachable.append(f"{d.label}: cannot be put into {settings.landing}: {error}")
                continue
            entry, is_new = ledger.register(item.new, item.fault)
            if d.item.mtime_ns:
                ledger.remember_delivery(d.source.name, d.name, *d.item.state, entry.file_id)
            if is_new:
                result.registered.append(entry)
        for parent_dir in parent_dirs:
            flush(parent_dir)  # before the ledger has the files
    incoming.sweep(cut, of_sources)
    return result


def waiting_files(settings: Settings, stores: Stores | None = None) -> list[str]:
    """The files in reachable sources that the ledger has not taken in as they are now, each with its size and time.

    For the sensor: it copies nothing and contacts each server once. A local file that was written to a moment ago
    does not wait yet; on a server it does, with the size it has. Raises UsageError for wrong sources.
    """
    if stores is None:
        with Stores(is_patient=False) as own:
            return waiting_files(settings, own)
    sources = load_sources(settings, stores)
    waiting = []
    known: dict[str, dict[str, tuple[int, int, str]]] = {}
    if settings.ledger_path.is_file():
        with FileLedger(settings.ledger_path, read_only=True) as ledger:
            known = {source.name: ledger.deliveries(source.name) for source in sources}
    for source in sources:
        try:
            listed = _list(source, stores.of(source.access), PullResult())
        except Exception:  # noqa: BLE001, S112  the run reports an unreachable source; a sensor that cannot look has nothing to start
            continue
        for d in listed:
            size, mtime_ns, _ = known.get(source.name, {}).get(d.name, (-1, -1, ""))
            is_settled = d.source.access.is_remote or not _is_young(d, time.time_ns(), SETTLE_SECONDS)
            if (size, mtime_ns) != d.item.state and is_settled and not d.lacks_companion:
                waiting.append(f"{d.label} {d.item.size} {d.item.mtime_ns}")
    return sorted(waiting)


def _list(source: Source, store: Store, result: PullResult) -> list[_Delivered]:
    """The files of a source that can be taken; the result names those that cannot."""
    # In S3 a file and a folder may have the same name.
    items = {item.name: item for item in list_items(source, store) if item.is_file or item.is_link}
    found = []
    for name, item in sorted(items.items()):
        if name.startswith(".") or name.endswith(COMPANIONS + UNFINISHED):
            continue
        problem = name_problem(name) or _link_problem(item, source)
        if problem is not None:
            result.unreachable.append(f"{source.name}/{name!a}: cannot be taken: {problem}")
            continue
        companions = {
            suffix: items[name + suffix].path
            for suffix in COMPANIONS
            if name + suffix in items and items[name + suffix].is_file
        }
        found.append(_Delivered(source, store, item, companions))
    return found


def _link_problem(item: Item, source: Source) -> str | None:
    """Why a link is not taken, None where the item is a file."""
    if item.leads_out:
        return (
            f"it is a link that leads out of {source.access.link_root}; deliver the file itself, "
            "or write `follow_links: true` into its source"
        )
    return "it is a link that leads nowhere" if item.is_link else None


def _settled(changed: list[_Delivered], settle_seconds: float, result: PullResult) -> list[_Delivered]:
    """The files with a companion, or whose size and time have not changed for a while.

    The age of a local file is computed from its time. Another machine's clock may be wrong, so there a new
    file is always looked at twice.
    """
    seen_ns = time.time_ns()
    seen_at = time.monotonic()
    young: dict[Source, list[_Delivered]] = {}
    for d in changed:
        if _is_young(d, seen_ns, settle_seconds):
            young.setdefault(d.source, []).append(d)
    moving: set[int] = set()
    for source, files in sorted(young.items(), key=lambda found: found[0].settles_in(settle_seconds)):
        time.sleep(max(0.0, seen_at + source.settles_in(settle_seconds) - time.monotonic()))
        try:
            now = {item.name: item.state for item in list_items(source, files[0].store)}
        except Exception as error:  # noqa: BLE001  each remote file system has its own errors; none may stop the other sources
            result.unreachable.append(source.fault_text(files[0].store.describe_error(error)))
            moving.update(id(d) for d in files)
            continue
        growing = [d for d in files if now.get(d.name) != d.item.state]
        result.growing.extend(d.label for d in growing)
        moving.update(id(d) for d in growing)
    return [d for d in changed if id(d) not in moving]


def _is_young(delivered: _Delivered, seen_ns: int, settle_seconds: float) -> bool:
    """Whether a file may still be being written."""
    source = delivered.source
    seconds = source.settles_in(settle_seconds)
    if delivered.companions or not seconds:
        return False
    return source.access.is_remote or seen_ns - delivered.item.mtime_ns < seconds * 1e9


class _Content:
    """What a file's bytes are as they come by: their hashes, the first line, how many lines and delimiters."""

    def __init__(self, delivered: _Delivered) -> None:
        source = delivered.source
        self.packing = packing_of(delivered.name)
        self.fault: str | None = None
        self._bounds, self._packed_bytes, self._unpacked_bytes = source.bounds, delivered.item.size, 0
        self._lines = LineWatch(source.bounds, line_marks(source.kind, source.format))
        self.first_bytes, self.delimiters = b"", 0
        self._as_delivered, self._unpacked = hashlib.sha256(), hashlib.sha256()
        self._line_ends, self._last_byte = 0, b"\n"
        self._unpack = unpacker(self.packing)
        self._delimiter = load_cdr_format(source.format).delimiter.encode() if source.kind == "cdr" else b""

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        self._as_delivered.update(chunk)
        if self.fault is not None:
            return
        try:
            for text in self._unpack.feed(chunk):
                self._look(text)
        except (PackingError, BoundExceeded) as error:
            self.fault = str(error)

    def _look(self, text: bytes) -> None:
        """Look at the next unpacked bytes. Raises BoundExceeded."""
        self._unpacked_bytes += len(text)
        if self._unpacked_bytes > self._bounds.unpacked:
            raise exceeded("its content is larger than the bound for one file", self._bounds, "unpacked")
        if self._unpacked_bytes > max(RATIO_COUNTS_FROM_BYTES, self._bounds.ratio * self._packed_bytes):
            what = f"it unpacks to more than {self._bounds.ratio} times its {size_text(self._packed_bytes)}"
            raise exceeded(what, self._bounds, "ratio")
        self._lines.look(text)
        if self.packing != "none":
            self._unpacked.update(text)
        if b"\n" not in self.first_bytes and len(self.first_bytes) < _LONGEST_HEADER_BYTES:
            self.first_bytes += text[:_LONGEST_HEADER_BYTES]
        self._line_ends += text.count(b"\n")
        self.delimiters += text.count(self._delimiter) if self._delimiter else 0
        self._last_byte = text[-1:] or self._last_byte

    def finish(self) -> None:
        """There are no more bytes."""
        if self.fault is not None:
            return
        try:
            self._unpack.finish()
        except PackingError as error:
            self.fault = str(error)

    @property
    def sha256(self) -> str:
        """Of the bytes as delivered."""
        return self._as_delivered.hexdigest()

    @property
    def content_sha256(self) -> str:
        """Of the unpacked bytes."""
        return self.sha256 if self.packing == "none" else self._unpacked.hexdigest()

    @property
    def lines(self) -> int:
        """Lines of the unpacked bytes, a last one without its end with them."""
        return self._line_ends + (self._last_byte != b"\n")


def _land(settings: Settings, delivered: _Delivered, part: Part) -> _Landed:
    """Copy a file completely and collect what is to be registered. Raises FileChanged where it changed in the meantime."""
    content = _Content(delivered)
    copy_whole(delivered.store, delivered.source.folder, delivered.item, part, content)
    content.finish()
    file_id = file_id_of(delivered.source.name, delivered.name, content.sha256)
    place = settings.landing / delivered.source.name / file_id / delivered.name
    readable = content.fault is None
    new, fault = _describe(
        delivered,
        file_id=file_id,
        sha256=content.sha256,
        landing_path=place.relative_to(settings.home).as_posix(),
        content_sha256=content.content_sha256 if readable else None,
        content_lines=content.lines if readable else None,
        content_delimiters=content.delimiters if readable and delivered.source.kind == "cdr" else None,
    )
    if fault is None and content.fault is not None:
        fault = f"{UNREADABLE}{content.fault}"
    if fault is None:
        wrong = header_fault(new.file_kind, new.format, new.export_table, content.first_bytes, new.content_encoding)
        fault = None if wrong is None else f"{UNREADABLE}{wrong}"
    return _Landed(delivered, part, new, fault)


def _describe(delivered: _Delivered, **found: Any) -> tuple[NewFile, str | None]:
    """What is to be registered, and the fault of the file's name, if it has one."""
    source = delivered.source
    parts = source.parse_name(delivered.name, delivered.item.mtime_ns)
    records, seconds, ctl_fault = _declared(delivered)
    new = NewFile(
        source=source.name,
        file_kind=source.kind,
        format=source.format,
        file_name=delivered.name,
        base_name=base_name(delivered.name),
        size_bytes=delivered.item.size,
        switch_id=parts.switch_id if parts else source.switch_id,
        file_date=parts.file_date if parts else None,
        sequence_number=parts.sequence_number if parts else None,
        bank_code=parts.bank_code if parts else source.bank_code,
        batch_in_name=parts.batch_in_name if parts else None,
        export_table=parts.export_table if parts else None,
        declared_records=records,
        declared_seconds=seconds,
        ctl_fault=ctl_fault,
        content_encoding=source.encoding,
        **found,
    )
    fault = None if parts else f"{WRONG_NAME} {source.pattern} ({source.name})"
    return new, fault


def _declared(delivered: _Delivered) -> tuple[int | None, int | None, str | None]:
    """Records and seconds of the .ctl companion, and what in it cannot be understood."""
    if ".ctl" not in delivered.companions:
        return None, None, None
    counts: dict[str, int] = {}
    store, path = delivered.store, delivered.companions[".ctl"]
    text = with_retries(store, lambda: store.companion(path), delivered.source.folder).decode("utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, value = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        said = whole_number(value)
        if name not in ("records", "seconds") or said is None or name in counts:
            return (
                None,
                None,
                f"line {number} of {delivered.name}.ctl is not a valid records=<n> or seconds=<n>: {line.strip()!r}",
            )
        counts[name] = said
    return counts.get("records"), counts.get("seconds"), None


def _take_late_companion(ledger: FileLedger, file_id: str, delivered: _Delivered, result: PullResult) -> None:
    """A .ctl that arrives after its file was registered still declares what the file should hold."""
    if ".ctl" not in delivered.companions:
        return
    entry = ledger.file(file_id)
    if entry.declared_records is None and entry.declared_seconds is None and entry.ctl_fault is None:
        try:
            declared = _declared(delivered)
        except Exception as error:  # noqa: BLE001  each remote file system has its own errors; the next run asks again
            result.unreachable.append(f"{delivered.label}.ctl: cannot be read: {delivered.store.describe_error(error)}")
            return
        if declared != (None, None, None):
            ledger.record_companion(file_id, *declared)


def retry(settings: Settings, ledger: FileLedger, file_id: str, why: str) -> Decision:
    """Read a landed file again, as if its source delivered it today; the next run decodes and checks it.

    For a held or unreadable file whose cause was fixed beside it: a format, sources.yml, a result code, a limit. Raises
    TollhouseError where there is nothing to try again or the file still cannot be read; nothing is changed then.
    """
    entry = ledger.file(file_id)
    ledger.refuse_retry(entry)
    label = f"{entry.file_id} ({entry.file_name})"
    source = next((source for source in load_sources(settings) if source.name == entry.source), None)
    if source is None:
        raise TollhouseError(f"{label}: its source {entry.source} is no longer there; put it back into the sources")
    fault = landed_fault(settings, entry)
    if fault is not None:
        raise TollhouseError(f"{fault}; put it back from a backup: `tollhouse restore DIR --replace`")
    unpack(settings.home, entry)
    landed = settings.home / entry.landing_path
    here = Store(Access())
    delivered = _Delivered(source, here, here.item(str(landed)), {})
    part = Incoming(settings.landing / ".incoming").part("retry", delivered.item)
    try:
        again = _land(settings, delivered, part)
    except FileChanged as error:
        raise TollhouseError(f"{label} cannot be tried again yet: it changes while it is read") from error
    finally:
        part.remove()
    if again.fault is not None:
        raise TollhouseError(f"{label} cannot be tried again yet: {again.fault}; fix that first")
    return ledger.retry_file(again.new, why)


def file_id_of(source: str, file_name: str, sha256: str) -> str:
    """The id of a delivery: the same on every machine and every run."""
    return hashlib.sha256(f"{source}\0{file_name}\0{sha256}".encode()).hexdigest()[:16]
