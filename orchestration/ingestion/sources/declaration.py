"""The sources of sources.yml: where files are delivered and what their names mean. Nothing here copies a file;
entries.py checks what is declared, name_patterns.py reads names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.declarations import Place, field_name, read_declared
from orchestration.errors import UsageError
from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text
from orchestration.ingestion.file_reading.bounds import Bounds
from orchestration.ingestion.sources.entries import SOURCES_FILE, Entry
from orchestration.ingestion.sources.name_patterns import NameParts, NamePattern, has_time_of_day
from orchestration.ingestion.stores.access import PROTOCOLS, SETTLE_SECONDS, Access, folder_of
from orchestration.ingestion.stores.base import Item, SourceFault, Store, name_problem
from orchestration.ingestion.stores.pool import Stores
from orchestration.ingestion.stores.retrying import with_retries
from orchestration.settings import PROJECT_ROOT, Settings

DEFAULT_SOURCES = PROJECT_ROOT / "seeds" / "sources.yml"


@dataclass(frozen=True)
class Source:
    """One folder that files are delivered to, with the ids that its entry or its own name binds."""

    name: str
    kind: str
    url: str
    pattern: str
    format: str
    switch_id: str | None = None
    bank_code: str | None = None
    access: Access = field(default_factory=Access)
    #: The zone in which a file's time of writing gives its date; None if the date is in its name.
    date_zone: str | None = None
    #: The zone of the date and time in its files' names, and the branch's, whose day is the file's; None where they are one.
    name_zones: tuple[str, str] | None = None
    #: What a customer export is read in where it is not UTF-8; None where it has to be UTF-8.
    encoding: str | None = None
    #: What one of its files may take of size, lines, depth and time.
    bounds: Bounds = field(default_factory=Bounds)
    settle_seconds: float | None = None  # None: as is usual for its protocol
    needs_companion: bool = False
    fault: str | None = None  # why its folders could not be listed; such a source has no files
    _names: NamePattern = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        bound = {"switch_id": self.switch_id, "bank_code": self.bank_code}
        names = NamePattern(
            self.pattern, {name: value for name, value in bound.items() if value is not None}, self.name_zones
        )
        object.__setattr__(self, "_names", names)

    @property
    def folder(self) -> str:
        """The folder's path on its file system."""
        return folder_of(self.url)

    def settles_in(self, local_seconds: float) -> float:
        """For how many seconds a file has to stay as it is; `local_seconds` where it lies here and no entry says."""
        if self.settle_seconds is not None:
            return self.settle_seconds
        return SETTLE_SECONDS[self.access.protocol] if self.access.is_remote else local_seconds

    def fault_text(self, why: str) -> str:
        """The error of a source that cannot be listed, with the reason."""
        return f"{self.name}: {self.url} cannot be listed: {why}"

    def parse_name(self, file_name: str, mtime_ns: int = 0) -> NameParts | None:
        """What the name says, or None where it is not of the source's pattern (or its date is no date).

        Where the source dates its files by their time of writing, `mtime_ns` is that time.
        """
        parts = self._names.parse(file_name)
        if parts is None or self.date_zone is None:
            return parts
        return replace(parts, file_date=_day(mtime_ns, self.date_zone))


def _day(mtime_ns: int, zone: str) -> date:
    return datetime.fromtimestamp(mtime_ns // 10**9, UTC).astimezone(ZoneInfo(zone)).date()


def sources_path(settings: Settings) -> Path:
    """The sources file: that of the settings, else the default one."""
    return settings.sources_file or DEFAULT_SOURCES


def load_sources(settings: Settings, stores: Stores | None = None) -> list[Source]:
    """The sources of the settings' sources file (else the default one), one per folder that is there.

    An entry for every folder of a server that cannot be listed is one source with a fault: it stops no other. `stores`
    keep the connections for whoever asks the sources next. Raises UsageError naming file, entry and field; also where none
    of the sources' folders exists.
    """
    if stores is None:
        with Stores() as own:
            return load_sources(settings, own)
    path = sources_path(settings)
    sources: list[Source] = []
    looked_in: list[str] = []
    for at, entry in enumerate(_read(settings)):
        sources.extend(_expand(f"{path}: {_entry_name(at, entry.name)}", entry, settings, looked_in, stores))
    if not sources:
        raise UsageError(
            "no source folder is there: put call records in "
            f"{settings.inbox}/cdr/<switch_id>/, bank result files in {settings.inbox}/bank/<bank_code>/ and customer "
            f"exports in {settings.inbox}/customers/, or name other sources in TOLLHOUSE_SOURCES "
            f"(looked in {', '.join(looked_in)})"
        )
    doubles = sorted({source.name for source in sources if sum(other.name == source.name for other in sources) > 1})
    if doubles:
        raise UsageError(f"{path}: field name: '{doubles[0]}' names more than one source; give each its own name")
    return sources


def days_until_collected(settings: Settings, delivered: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Of the banks whose files list failures only, bank_code → days after which an unrefused debit counts as collected.

    The formats are those of the sources file; no server is asked. A bank whose entry does not name it (a folder of a server)
    is known by what it `delivered`: pairs of bank_code and format. Of several formats of a bank the longest time counts.
    """
    formats: dict[str, set[str]] = {}
    for entry in _read(settings):
        if entry.kind != "bank":
            continue
        banks = [entry.bank_code] if entry.bank_code is not None else []
        if entry.folder_id is not None and entry.protocol == "file":
            folder = Path(folder_of(entry.parent_url))
            banks = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
        for bank in banks:
            formats.setdefault(bank, set()).add(entry.format)
    named = set(formats)
    for bank, name in delivered:
        if bank not in named:
            formats.setdefault(bank, set()).add(name)
    days = {
        bank: [load_bank_format(name).collected_unless_returned for name in names] for bank, names in formats.items()
    }
    return {bank: max(given) for bank, told in sorted(days.items()) if (given := [n for n in told if n is not None])}


def bounds_of_sources(settings: Settings) -> Callable[[str], Bounds]:
    """The bounds of a source by its name, as the sources file declares them; no server is asked. A source that is no longer
    declared has the default ones. Raises UsageError for a wrong sources file."""
    declared = []
    for entry in _read(settings):
        literal_parts = map(re.escape, re.split(r"\{(?:switch_id|bank_code)\}", entry.name))
        declared.append((re.compile("[^/]+".join(literal_parts)), entry.file_bounds()))

    def bounds_of(source: str) -> Bounds:
        return next((bounds for name, bounds in declared if name.fullmatch(source)), Bounds())

    return bounds_of


def _read(settings: Settings) -> list[Entry]:
    """The entries of the settings' sources file (else the default one). Raises UsageError naming file, entry and field."""
    path = sources_path(settings)
    try:
        content = parse_yaml(path, read_text(path))
    except OSError as error:
        raise UsageError(f"{path}: the sources file cannot be read: {error.strerror}; set TOLLHOUSE_SOURCES") from error
    declared = read_declared(
        path,
        content if isinstance(content, dict) else {},
        SOURCES_FILE,
        tags=PROTOCOLS,
        show=lambda place: _field_name(place, content),
        context={"home": str(settings.home)},
    )
    return list(declared.sources)


def _field_name(place: Place, content: Any) -> str:
    """A field of an entry with the entry's number and name."""
    if len(place) < 2 or not isinstance(place[1], int):
        return field_name(place)
    entry = content["sources"][place[1]]
    return f"{_entry_name(place[1], entry.get('name', 'without name'))}: field {': '.join(map(str, place[2:]))}"


def _entry_name(at: int, name: object) -> str:
    return f"entry {at + 1} ({name})"


def _expand(where: str, entry: Entry, settings: Settings, looked_in: list[str], stores: Stores) -> list[Source]:
    zone = entry.time_zone if entry.date_from == "modified" else None
    name_zone = _name_zone(entry)
    access = entry.access(sources_path(settings).parent)
    source = Source(
        entry.name,
        entry.kind,
        entry.url,
        entry.pattern,
        entry.format,
        switch_id=entry.switch_id,
        bank_code=entry.bank_code,
        access=access,
        date_zone=zone,
        name_zones=None if name_zone is None else (name_zone, settings.time_zone),
        encoding=entry.encoding,
        bounds=entry.file_bounds(),
        settle_seconds=entry.settle_seconds,
        needs_companion=entry.companion == "required",
    )
    store = stores.of(access)
    placeholder = entry.folder_id
    if placeholder is None:
        looked_in.append(entry.url)
        # A remote folder that cannot be listed is reported by the pull; a local one that is not there is no source.
        return [source] if access.is_remote or Path(source.folder).is_dir() else []
    parent = entry.parent_url
    looked_in.append(parent)
    try:
        found = with_retries(store, lambda: store.items(folder_of(parent)))
    except Exception as error:
        if access.is_remote:
            return [replace(source, fault=store.describe_error(error))]
        if isinstance(error, FileNotFoundError):
            return []
        raise UsageError(f"{where}: field url: {parent} cannot be listed: {error}") from error
    folders = sorted(item.name for item in found if item.is_folder and not item.name.startswith("."))
    outside = sorted(item.name for item in found if item.leads_out and Path(item.path).is_dir())
    why = (
        f"it is a link that leads out of {access.link_root}; mount the folder there, "
        "or write `follow_links: true` into its source"
    )
    return [
        *(_bound(source, parent, placeholder, name) for name in folders),
        *(replace(_bound(source, parent, placeholder, name), fault=why) for name in outside),
    ]


def _bound(source: Source, parent: str, placeholder: str, folder: str) -> Source:
    """The source of one folder of an entry for every folder, with the id that the folder's name is."""
    problem = name_problem(folder)
    if problem is not None:
        shown = ascii(folder)
        name, url = source.name.replace(f"{{{placeholder}}}", shown), f"{parent}/{shown}"
        return replace(source, name=name, url=url, fault=problem)
    name = source.name.replace(f"{{{placeholder}}}", folder)
    return replace(source, name=name, url=f"{parent}/{folder}", **{placeholder: folder})  # type: ignore[arg-type]


def _name_zone(entry: Entry) -> str | None:
    """The zone of the date and time in names: the entry's, else the format's; None where it is the branch's."""
    if entry.date_zone is not None:
        return entry.date_zone
    # A name with only a date cannot be converted from UTC to a day: the format's zone applies to names with a time.
    return load_cdr_format(entry.format).date_zone if entry.kind == "cdr" and has_time_of_day(entry.pattern) else None


def list_items(source: Source, store: Store) -> list[Item]:
    """What lies in a source's folder. Raises what the file system raises, after the retries that its entry allows."""
    if source.fault is not None:
        raise SourceFault(source.fault)
    return with_retries(store, lambda: store.items(source.folder))


def unreachable_sources(settings: Settings) -> tuple[list[Source], list[str]]:
    """All sources, and the reasons why some cannot be listed; each is asked once. Raises UsageError for wrong sources."""
    with Stores(is_patient=False) as stores:
        sources = load_sources(settings, stores)
        faults = []
        for source in sources:
            store = stores.of(source.access)
            try:
                list_items(source, store)
            except Exception as error:  # noqa: BLE001  every driver of a remote store has errors of its own
                faults.append(source.fault_text(store.describe_error(error)))
    return sources, faults
