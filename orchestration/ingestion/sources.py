"""The sources of sources.yml: where files are delivered and what their names mean. Nothing here copies a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import fsspec
import yaml

from orchestration.errors import UsageError
from orchestration.ingestion.cdr_formats import load_cdr_format
from orchestration.ingestion.customer_tables import EXPORT_TABLES
from orchestration.ingestion.packing import base_name
from orchestration.settings import PROJECT_ROOT, Settings

DEFAULT_SOURCES = PROJECT_ROOT / "seeds" / "sources.yml"
KINDS = ("cdr", "bank", "customers")
REQUIRED_IN_PATTERN = {
    "cdr": ("switch_id", "date", "sequence"),
    "bank": ("bank_code", "date", "batch"),
    "customers": ("table", "date"),
}

_FIELDS = ("name", "kind", "url", "pattern", "format")
_PLACEHOLDER = re.compile(r"\{(?P<name>[a-z_]+)(?::(?P<form>[A-Za-z0-9]+))?\}")
_FOLDER_PLACEHOLDER = re.compile(r"/\{(?P<name>switch_id|bank_code)\}/?$")
_VARIABLE = re.compile(r"\$\{(?P<name>\w*)\}")


@dataclass(frozen=True)
class NameParts:
    """What a file's name says, packing apart."""

    file_date: date
    switch_id: str | None = None
    sequence_number: int | None = None
    bank_code: str | None = None
    batch_in_name: str | None = None
    export_table: str | None = None


@dataclass(frozen=True)
class Source:
    """One folder that files are delivered to, with the ids that its own name binds."""

    name: str
    kind: str
    url: str
    pattern: str
    format: str
    switch_id: str | None = None
    bank_code: str | None = None
    _regex: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "_regex", _compile(self.pattern, {"switch_id": self.switch_id, "bank_code": self.bank_code})
        )

    def parse_name(self, file_name: str) -> NameParts | None:
        """What the name says, or None where it is not of the source's pattern (or its date is no date)."""
        match = self._regex.fullmatch(base_name(file_name))
        if match is None:
            return None
        parts = match.groupdict()
        if "table" in parts and parts["table"] not in EXPORT_TABLES:
            return None
        try:
            file_date = datetime.strptime(parts["date"], "%Y%m%d").date()
        except ValueError:
            return None
        return NameParts(
            file_date=file_date,
            switch_id=parts.get("switch_id"),
            sequence_number=int(parts["sequence"]) if "sequence" in parts else None,
            bank_code=parts.get("bank_code"),
            batch_in_name=parts.get("batch"),
            export_table=parts.get("table"),
        )


def load_sources(settings: Settings) -> list[Source]:
    """The sources of the settings' sources file (else the default one), one per folder that is there.

    Raises UsageError naming file, entry and field; also where none of the sources' folders exists.
    """
    path = settings.sources_file or DEFAULT_SOURCES
    entries = _read(path)
    sources: list[Source] = []
    looked_in: list[str] = []
    for number, entry in enumerate(entries, start=1):
        sources.extend(
            _expand(path, f"entry {number} ({entry.get('name', 'without name')})", entry, settings, looked_in)
        )
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


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: the sources file cannot be read: {error.strerror}; set TOLLHOUSE_SOURCES") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: no valid YAML: {error}") from error
    entries = content.get("sources") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path}: field sources: write a list of sources, each with {', '.join(_FIELDS)}")
    return entries


def _expand(path: Path, where: str, entry: dict[str, Any], settings: Settings, looked_in: list[str]) -> list[Source]:
    for name in _FIELDS:
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise UsageError(f"{path}: {where}: field {name}: it is missing or no text")
    unknown = sorted(set(entry) - set(_FIELDS))
    if unknown:
        raise UsageError(f"{path}: {where}: field {unknown[0]}: no such field; there are {', '.join(_FIELDS)}")
    kind = entry["kind"]
    if kind not in KINDS:
        raise UsageError(f"{path}: {where}: field kind: '{kind}' is none of {', '.join(KINDS)}")
    _check_format(path, where, entry["format"], kind)
    _check_pattern(path, where, entry["pattern"], kind)
    url = _with_variables(path, where, entry["url"], settings)
    _check_protocol(f"{path}: {where}", url)
    folder = _FOLDER_PLACEHOLDER.search(url)
    if folder is None:
        if "{" in url:
            raise UsageError(
                f"{path}: {where}: field url: a placeholder is the last part alone, {{switch_id}} or {{bank_code}}"
            )
        looked_in.append(url)
        # A single remote source that cannot be reached is reported by the pull; a local folder that is not there is no source.
        if _is_local(url) and not _local_folder(path, where, url):
            return []
        return [Source(entry["name"], kind, url, entry["pattern"], entry["format"])]
    placeholder = folder["name"]
    parent = url[: folder.start()]
    looked_in.append(parent)
    return [
        Source(
            name=entry["name"].replace(f"{{{placeholder}}}", bound),
            kind=kind,
            url=f"{parent}/{bound}",
            pattern=entry["pattern"],
            format=entry["format"],
            **{placeholder: bound},
        )
        for bound in _folders_in(path, where, parent)
    ]


def _check_format(path: Path, where: str, name: str, kind: str) -> None:
    if kind == "cdr":
        try:
            load_cdr_format(name)
        except UsageError as error:
            raise UsageError(f"{path}: {where}: field format: {error}") from error
    elif name != "canonical":
        raise UsageError(f"{path}: {where}: field format: '{name}' is unknown for {kind}; there is canonical")


def _check_pattern(path: Path, where: str, pattern: str, kind: str) -> None:
    found = [match["name"] for match in _PLACEHOLDER.finditer(pattern)]
    needed = REQUIRED_IN_PATTERN[kind]
    for name in needed:
        if found.count(name) != 1:
            raise UsageError(f"{path}: {where}: field pattern: a {kind} pattern has {{{name}}} once")
    for match in _PLACEHOLDER.finditer(pattern):
        name, form = match["name"], match["form"]
        if name not in needed:
            raise UsageError(f"{path}: {where}: field pattern: {{{name}}} is unknown; there are {', '.join(needed)}")
        if (name == "date") != (form == "YYYYMMDD") or (name == "sequence" and not (form and form.isdigit())):
            raise UsageError(f"{path}: {where}: field pattern: write {{date:YYYYMMDD}} and {{sequence:<digits>}}")


def _compile(pattern: str, bound: dict[str, str | None]) -> re.Pattern[str]:
    parts, end = [], 0
    for match in _PLACEHOLDER.finditer(pattern):
        name, form = match["name"], match["form"]
        if name == "date":
            body = r"[0-9]{8}"
        elif name == "sequence":
            body = rf"[0-9]{{{int(form)}}}"
        elif bound.get(name) is not None:
            body = re.escape(str(bound[name]))
        else:
            body = r"[A-Za-z0-9][A-Za-z0-9_.-]*?"
        parts += [re.escape(pattern[end : match.start()]), f"(?P<{name}>{body})"]
        end = match.end()
    return re.compile("".join(parts) + re.escape(pattern[end:]))


def _with_variables(path: Path, where: str, url: str, settings: Settings) -> str:
    for match in _VARIABLE.finditer(url):
        if match["name"] != "TOLLHOUSE_HOME":
            raise UsageError(
                f"{path}: {where}: field url: ${{{match['name']}}} is unknown; there is ${{TOLLHOUSE_HOME}}"
            )
    return url.replace("${TOLLHOUSE_HOME}", str(settings.home))


def _is_local(url: str) -> bool:
    return url.startswith("file:") or "://" not in url


def _local_folder(path: Path, where: str, url: str) -> bool:
    files, folder = file_system(url, f"{path}: {where}")
    return bool(files.isdir(folder))


def _folders_in(path: Path, where: str, url: str) -> list[str]:
    files, folder = file_system(url, f"{path}: {where}")
    try:
        found = files.ls(folder, detail=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(f"{path}: {where}: field url: {url} cannot be listed: {error}") from error
    names = (str(item["name"]).rstrip("/").rsplit("/", 1)[-1] for item in found if item["type"] == "directory")
    return sorted(name for name in names if not name.startswith("."))


def file_system(url: str, where: str) -> tuple[Any, str]:
    """The file system of a url and the path in it. Raises UsageError where the url's protocol cannot be used."""
    _check_protocol(where, url)
    files, folder = fsspec.core.url_to_fs(url)
    return files, folder


def _check_protocol(where: str, url: str) -> None:
    """Only that there is a driver: making the file system itself may already connect, which is the pull's matter."""
    try:
        fsspec.get_filesystem_class("file" if _is_local(url) else url.split("://", 1)[0])
    except (ValueError, ImportError) as error:
        raise UsageError(f"{where}: field url: {url} cannot be used: {error}") from error
