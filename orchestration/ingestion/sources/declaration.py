"""The sources of sources.yml: where files are delivered and what their names mean. Nothing here copies a file;
access.py checks how a source is reached, name_patterns.py what its names say."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration.errors import UsageError
from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text
from orchestration.ingestion.file_reading.bounds import Bounds, read_bounds
from orchestration.ingestion.sources.name_patterns import NEEDED, NameParts, NamePattern, has_time_of_day, pattern_fault
from orchestration.ingestion.stores.access import (
    FIELDS,
    FOLDER_PLACEHOLDER,
    SETTLE_SECONDS,
    Access,
    AccessError,
    folder_of,
    protocol_of,
    read_access,
    read_settling,
)
from orchestration.ingestion.stores.base import Item, SourceFault, Store, name_problem
from orchestration.ingestion.stores.pool import Stores
from orchestration.ingestion.stores.retrying import with_retries
from orchestration.settings import PROJECT_ROOT, Settings

DEFAULT_SOURCES = PROJECT_ROOT / "seeds" / "sources.yml"
KINDS = tuple(NEEDED)

_REQUIRED = ("name", "kind", "url", "pattern", "format")
_OPTIONAL = ("switch_id", "bank_code", "sequence", "date_from", "time_zone", "date_zone", "encoding", "bounds")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_ID_OF_KIND = {"cdr": "switch_id", "bank": "bank_code"}
_VARIABLE = re.compile(r"\$\{(?P<name>\w*)\}")


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
    #: The zone in which a file's time of writing gives its date; None where the date stands in its name.
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
        """That the source cannot be listed, and why."""
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


def load_sources(settings: Settings, stores: Stores | None = None) -> list[Source]:
    """The sources of the settings' sources file (else the default one), one per folder that is there.

    An entry for every folder of a server that cannot be listed is one source with a fault: it stops no other. `stores`
    keep the connections for whoever asks the sources next. Raises UsageError naming file, entry and field; also where none
    of the sources' folders exists.
    """
    if stores is None:
        with Stores() as own:
            return load_sources(settings, own)
    path = settings.sources_file or DEFAULT_SOURCES
    entries = _read(path)
    sources: list[Source] = []
    looked_in: list[str] = []
    for number, entry in enumerate(entries, start=1):
        where = f"{path}: entry {number} ({entry.get('name', 'without name')})"
        sources.extend(_expand(path, where, entry, settings, looked_in, stores))
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
    for entry in _read(settings.sources_file or DEFAULT_SOURCES):
        if entry.get("kind") != "bank":
            continue
        banks = [str(entry["bank_code"])] if entry.get("bank_code") else []
        folder = FOLDER_PLACEHOLDER.search(str(entry["url"]))
        if folder is not None:
            parent = _with_variables("the sources file", str(entry["url"])[: folder.start()], settings)
            if parent.startswith("file:") and Path(folder_of(parent)).is_dir():
                banks = [path.name for path in Path(folder_of(parent)).iterdir() if path.is_dir()]
        for bank in banks:
            formats.setdefault(bank, set()).add(str(entry["format"]))
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
    path = settings.sources_file or DEFAULT_SOURCES
    declared = []
    for number, entry in enumerate(_read(path), start=1):
        name = str(entry.get("name"))
        literal_parts = map(re.escape, re.split(r"\{(?:switch_id|bank_code)\}", name))
        bounds = _bounds(f"{path}: entry {number} ({name})", entry)
        declared.append((re.compile("[^/]+".join(literal_parts)), bounds))

    def bounds_of(source: str) -> Bounds:
        return next((bounds for name, bounds in declared if name.fullmatch(source)), Bounds())

    return bounds_of


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        content = parse_yaml(path, read_text(path))
    except OSError as error:
        raise UsageError(f"{path}: the sources file cannot be read: {error.strerror}; set TOLLHOUSE_SOURCES") from error
    entries = content.get("sources") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path}: field sources: write a list of sources, each with {', '.join(_REQUIRED)}")
    return entries


def _expand(
    path: Path, where: str, entry: dict[str, Any], settings: Settings, looked_in: list[str], stores: Stores
) -> list[Source]:
    for name in _REQUIRED:
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise UsageError(f"{where}: field {name}: it is missing or no text")
    kind = entry["kind"]
    if kind not in KINDS:
        raise UsageError(f"{where}: field kind: '{kind}' is none of {', '.join(KINDS)}")
    if any(part in ("", ".", "..") for part in entry["name"].split("/")):
        raise UsageError(f"{where}: field name: '{entry['name']}' cannot be a folder below the landing area")
    _check_format(where, entry["format"], kind)
    url = _with_variables(where, entry["url"], settings)
    try:
        protocol = protocol_of(url)
        allowed = (*_REQUIRED, *_OPTIONAL, *FIELDS[protocol])
        unknown = sorted(set(map(str, entry)) - set(allowed))
        if unknown:
            raise UsageError(
                f"{where}: field {unknown[0]}: no such field for a {protocol}: source; there are {', '.join(allowed)}"
            )
        access = read_access(entry, url, path.parent)
        settle_seconds, needs_companion = read_settling(entry, protocol)
    except AccessError as error:
        raise UsageError(f"{where}: field {error}") from error
    folder = FOLDER_PLACEHOLDER.search(url)
    if folder is None and "{" in _VARIABLE.sub("", entry["url"]):  # the home's own path may have braces
        raise UsageError(f"{where}: field url: a placeholder is the last part alone, {{switch_id}} or {{bank_code}}")
    ids = _ids(where, entry, kind, None if folder is None else folder["name"])
    zone = _date_zone(where, entry, kind)
    _check_pattern(where, entry, kind, folder is not None, zone)
    name_zone = _name_zone(where, entry, kind, zone)
    source = Source(
        entry["name"],
        kind,
        url,
        entry["pattern"],
        entry["format"],
        access=access,
        date_zone=zone,
        name_zones=None if name_zone is None else (name_zone, settings.time_zone),
        encoding=_encoding(where, entry, kind),
        bounds=_bounds(where, entry),
        settle_seconds=settle_seconds,
        needs_companion=needs_companion,
        **ids,
    )
    store = stores.of(access)
    if folder is None:
        looked_in.append(url)
        # A remote folder that cannot be listed is reported by the pull; a local one that is not there is no source.
        return [source] if access.is_remote or Path(source.folder).is_dir() else []
    placeholder = folder["name"]
    parent = url[: folder.start()]
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


def _ids(where: str, entry: dict[str, Any], kind: str, of_folder: str | None) -> dict[str, str]:
    """The switch or bank that the entry itself names."""
    ids = {}
    for name in ("switch_id", "bank_code"):
        if name not in entry:
            continue
        if _ID_OF_KIND.get(kind) != name:
            raise UsageError(f"{where}: field {name}: a {kind} source has none")
        if name == of_folder:
            raise UsageError(f"{where}: field {name}: the folder in url says it already; write one of the two")
        if not isinstance(entry[name], str) or not _ID.fullmatch(entry[name]):
            raise UsageError(
                f"{where}: field {name}: {entry[name]!r} is not a valid id; write it in quotes, with letters, digits, _ . -"
            )
        ids[name] = entry[name]
    if of_folder is not None and _ID_OF_KIND.get(kind) != of_folder:
        raise UsageError(f"{where}: field url: a {kind} source has no {{{of_folder}}}")
    return ids


def _date_zone(where: str, entry: dict[str, Any], kind: str) -> str | None:
    """The zone by which files are dated by their time of writing; None where their names are."""
    date_from, zone = entry.get("date_from", "name"), entry.get("time_zone")
    if date_from not in ("name", "modified"):
        raise UsageError(f"{where}: field date_from: {date_from!r} is none of name, modified")
    if date_from == "name":
        if zone is not None:
            raise UsageError(f"{where}: field time_zone: it belongs to `date_from: modified`")
        return None
    if kind == "customers":
        raise UsageError(f"{where}: field date_from: the name of a snapshot says its date; a later copy would be newer")
    if not isinstance(zone, str):
        raise UsageError(f"{where}: field time_zone: `date_from: modified` needs the branch's zone, like Asia/Shanghai")
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            f"{where}: field time_zone: '{zone}' is not a valid zone; write it like Asia/Shanghai"
        ) from error


def _name_zone(where: str, entry: dict[str, Any], kind: str, modified_zone: str | None) -> str | None:
    """The zone of the date and time in names: the entry's, else the format's; None where it is the branch's."""
    has_time = has_time_of_day(entry["pattern"])
    zone = entry.get("date_zone")
    if zone is None:
        # A name with a date alone cannot be told from UTC to a day: the format's zone is for names with a time.
        return load_cdr_format(entry["format"]).date_zone if kind == "cdr" and has_time else None
    if modified_zone is not None:
        raise UsageError(f"{where}: field date_zone: it is of a date in names; `date_from: modified` has time_zone")
    if not has_time:
        raise UsageError(
            f"{where}: field date_zone: the names hold no time of day, so the day in another zone is not known; "
            "write it into the pattern, like {date:YYYYMMDDhhmm}, or leave date_zone out"
        )
    try:
        return ZoneInfo(zone).key if isinstance(zone, str) else ZoneInfo("").key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            f"{where}: field date_zone: {zone!r} is not a valid zone; write it like UTC or Asia/Shanghai"
        ) from error


def _encoding(where: str, entry: dict[str, Any], kind: str) -> str | None:
    """What the exports of a source are in where they are not UTF-8."""
    name = entry.get("encoding")
    if name is None:
        return None
    if kind != "customers":
        raise UsageError(f"{where}: field encoding: it belongs to a customers source; a {kind} format has its own")
    try:
        is_known = isinstance(name, str) and "a,\n".encode(name).decode(name) == "a,\n"
    except (LookupError, UnicodeError):
        is_known = False
    if not is_known:
        raise UsageError(f"{where}: field encoding: {name!r} is unknown; write it like gb18030 or utf-16")
    return codecs.lookup(name).name


def _bounds(where: str, entry: dict[str, Any]) -> Bounds:
    try:
        return read_bounds(entry.get("bounds", {}))
    except ValueError as error:
        raise UsageError(f"{where}: field bounds: {error}") from error


def _check_format(where: str, name: str, kind: str) -> None:
    if kind in ("cdr", "bank"):
        try:
            load_cdr_format(name) if kind == "cdr" else load_bank_format(name)
        except UsageError as error:
            raise UsageError(f"{where}: field format: {error}") from error
    elif name != "canonical":
        raise UsageError(f"{where}: field format: '{name}' is unknown for {kind}; there is canonical")


def _check_pattern(where: str, entry: dict[str, Any], kind: str, has_folder_id: bool, zone: str | None) -> None:
    pattern = entry["pattern"]
    given = {name for name in _ID_OF_KIND.values() if name in entry or has_folder_id}
    if zone is not None:
        if "{date" in pattern:
            raise UsageError(f"{where}: field date_from: the pattern has a {{date:...}}; write one of the two")
        given.add("date")
    if "sequence" in entry:
        if entry["sequence"] != "none" or kind != "cdr":
            raise UsageError(f"{where}: field sequence: there is only `sequence: none`, of a cdr source")
        if "{sequence" in pattern:
            raise UsageError(f"{where}: field sequence: the pattern has a {{sequence}}; write one of the two")
        given.add("sequence")
    fault = pattern_fault(pattern, kind, given)
    if fault is not None:
        raise UsageError(f"{where}: field pattern: {fault}")


def _with_variables(where: str, url: str, settings: Settings) -> str:
    for match in _VARIABLE.finditer(url):
        if match["name"] != "TOLLHOUSE_HOME":
            raise UsageError(f"{where}: field url: ${{{match['name']}}} is unknown; there is ${{TOLLHOUSE_HOME}}")
    return url.replace("${TOLLHOUSE_HOME}", str(settings.home))


def list_items(source: Source, store: Store) -> list[Item]:
    """What lies in a source's folder. Raises what the file system raises, after the retries that its entry allows."""
    if source.fault is not None:
        raise SourceFault(source.fault)
    return with_retries(store, lambda: store.items(source.folder))


def unreachable_sources(settings: Settings) -> tuple[list[Source], list[str]]:
    """All sources, and why those cannot be listed that cannot; each is asked once. Raises UsageError for wrong sources."""
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
