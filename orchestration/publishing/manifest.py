"""The texts `current.json` and `manifest.json`, checked field by field and turned into typed values.

The only place that parses them. Where they lie on the disk, and whether the files they list are there, is in reading.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from expectations.results import GateResult, Severity
from orchestration.errors import TollhouseError
from orchestration.printable import one_line

POINTER = "current.json"
MANIFEST = "manifest.json"
MANIFEST_HASH = "manifest_sha256"
LEDGER_ORDER = "ledger_order"
REFERENCE_BOOK = "reference_book"
EDITIONS = "editions"
BLOCKED = "blocked"

_SEVERITIES = ("warn", "error", "critical")
_MART_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What Tollhouse itself writes: no blank, nothing that DuckDB takes for a pattern, no step up, no part too long for a file system.
_PATH = re.compile(r"[\w.=-]{1,60}(/[\w.=-]{1,60}){0,9}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_YEARS = range(1970, 3000)
_LARGEST_COUNT = 2**63 - 1
_DEEPEST_SAMPLE = 8
_LONGEST_SHOWN = 120


class EditionError(TollhouseError):
    """An edition cannot be read: the message names the file."""


class DamagedEdition(EditionError):
    """A pointer or manifest is damaged. `path` is the file; `why` names the field and what belongs there."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the published edition cannot be read: {path}: {why}. Restore the file, or remove {POINTER} and run again:"
            " the next run then publishes a whole new edition"
        )
        self.path = path
        self.why = why


@dataclass(frozen=True)
class Pointer:
    """What `current.json` names. Pointers of earlier versions have no hash of the manifest."""

    edition: str
    path: str
    manifest_sha256: str | None


@dataclass(frozen=True)
class ListedFile:
    """A file of an edition. `path` is relative to the published folder; a page has no `rows`.

    `build` names what a partition was built from, where it has one.
    """

    path: str
    sha256: str
    rows: int | None = None
    build: str | None = None


@dataclass(frozen=True)
class ListedMart:
    """A mart's files, and the control totals of its rows as exact texts."""

    files: tuple[ListedFile, ...]
    totals: Mapping[str, str]


@dataclass(frozen=True)
class Manifest:
    """The manifest of an edition. `built_at` is the text as written; `time_zone` is UTC in editions that do not say it."""

    edition: str
    as_of: date
    built_at: str
    time_zone: str
    revision: int
    marts: Mapping[str, ListedMart]
    gates: tuple[GateResult, ...]
    site: tuple[ListedFile, ...] = ()
    ledger_order: int | None = None
    #: The hash of the reference book that it was computed from; None of an earlier version.
    reference_book: str | None = None

    @property
    def built_moment(self) -> datetime:
        """When it was built; a time without offset is UTC."""
        return _moment(self.built_at)

    @property
    def files(self) -> tuple[ListedFile, ...]:
        """The files of all marts, then the pages."""
        return (*(file for mart in self.marts.values() for file in mart.files), *self.site)


@dataclass(frozen=True)
class BlockedRun:
    """A run that its release gates kept from being published, and the folder that shows why."""

    folder: Path
    run_id: str
    as_of: date
    built_at: str
    gates: tuple[GateResult, ...]


def parse_pointer(path: Path, content: bytes) -> Pointer:
    """The pointer in these bytes; `path` is the file they are of. Raises DamagedEdition."""
    fields = _Fields.of_file(path, content)
    return Pointer(fields.text("edition"), _pointed_path(fields), fields.optional_sha256(MANIFEST_HASH))


def parse_pointed_path(path: Path, content: bytes) -> str:
    """The folder that a pointer names, whatever else is wrong with it. Raises DamagedEdition."""
    return _pointed_path(_Fields.of_file(path, content))


def parse_manifest(path: Path, content: bytes) -> Manifest:
    """The manifest in these bytes; `path` is the file they are of. Raises DamagedEdition."""
    fields = _Fields.of_file(path, content)
    return Manifest(
        edition=fields.text("edition"),
        as_of=fields.day("as_of"),
        built_at=fields.moment("built_at"),
        revision=fields.count("revision"),
        marts={name: _mart(marts, name) for marts in [fields.object("marts")] for name in marts.names()},
        gates=tuple(_gate(entry) for entry in fields.objects("gates")),
        time_zone=fields.time_zone("time_zone") if fields.has("time_zone") else "UTC",
        site=tuple(_page(entry) for entry in fields.objects("site")) if fields.has("site") else (),
        ledger_order=fields.count(LEDGER_ORDER) if fields.has(LEDGER_ORDER) else None,
        reference_book=fields.text(REFERENCE_BOOK) if fields.has(REFERENCE_BOOK) else None,
    )


def parse_ledger_order(path: Path, content: bytes) -> int | None:
    """The state of the ledger that a manifest names, whatever else is wrong with it; None where it names none."""
    fields = _Fields.of_file(path, content)
    return fields.count(LEDGER_ORDER) if fields.has(LEDGER_ORDER) else None


def parse_blocked_run(path: Path, content: bytes) -> BlockedRun:
    """The blocked run in the bytes of its manifest; `path` is the file they are of. Raises DamagedEdition."""
    fields = _Fields.of_file(path, content)
    return BlockedRun(
        folder=path.parent,
        run_id=fields.text("run_id"),
        as_of=fields.day("as_of"),
        built_at=fields.moment("built_at"),
        gates=tuple(_gate(entry) for entry in fields.objects("gates")),
    )


@dataclass(frozen=True)
class _Fields:
    """A JSON object of a file. `place` is its place in the file, for errors that name the field."""

    path: Path
    place: str
    values: Mapping[str, Any]

    @classmethod
    def of_file(cls, path: Path, content: bytes) -> _Fields:
        try:
            text = content.decode("utf-8")
            values = json.loads(text)
            if _SURROGATE.search(text):
                json.dumps(values, ensure_ascii=False).encode("utf-8")  # half of a pair can be written nowhere
        except (ValueError, RecursionError) as error:
            raise DamagedEdition(path, f"it is not valid JSON ({error})") from error
        if not isinstance(values, dict):
            raise DamagedEdition(path, "it is not a valid JSON object")
        return cls(path, "", values)

    def refuse(self, field: str, what: str) -> DamagedEdition:
        return DamagedEdition(self.path, f"{_shown(self.place + field)} {what}")

    def wrong_kind(self, field: str, needed: str) -> DamagedEdition:
        return self.refuse(field, f"is missing or of the wrong kind: it must be {needed}")

    def has(self, field: str) -> bool:
        return field in self.values

    def names(self) -> list[str]:
        return list(self.values)

    def text(self, field: str) -> str:
        value = self.values.get(field)
        if not isinstance(value, str) or not value:
            raise self.wrong_kind(field, "a text that is not empty")
        return value

    def any_text(self, field: str) -> str:
        value = self.values.get(field)
        if not isinstance(value, str):
            raise self.wrong_kind(field, "a text")
        return value

    def optional_text(self, field: str) -> str | None:
        return None if self.values.get(field) is None else self.any_text(field)

    def count(self, field: str) -> int:
        value = self.values.get(field)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_COUNT:
            raise self.wrong_kind(field, "a whole number, 0 or more")
        return value

    def flag(self, field: str) -> bool:
        value = self.values.get(field)
        if not isinstance(value, bool):
            raise self.wrong_kind(field, "true or false")
        return value

    def day(self, field: str) -> date:
        text = self.text(field)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.year not in _YEARS:
            raise self.refuse(field, f"is {_shown(text)}, which is not a valid date; write it like 2026-03-31")
        return day

    def moment(self, field: str) -> str:
        text = self.text(field)
        try:
            is_valid = _moment(text).year in _YEARS
        except ValueError:
            is_valid = False
        if not is_valid:
            raise self.refuse(
                field, f"is {_shown(text)}, which is not a valid time; write it like 2026-03-31T02:15:00Z"
            )
        return text

    def time_zone(self, field: str) -> str:
        text = self.text(field)
        try:
            ZoneInfo(text)
        except (ValueError, KeyError, OSError):  # what it raises differs with the kind of nonsense
            raise self.refuse(
                field, f"is {_shown(text)}, which is not a time zone; write one like Asia/Shanghai, or UTC"
            ) from None
        return text

    def sha256(self, field: str) -> str:
        text = self.text(field)
        if not _SHA256.fullmatch(text):
            raise self.refuse(field, f"is {_shown(text)}, which is not a SHA-256 in 64 hexadecimal digits")
        return text

    def optional_sha256(self, field: str) -> str | None:
        return self.sha256(field) if self.has(field) else None

    def object(self, field: str) -> _Fields:
        value = self.values.get(field)
        if not isinstance(value, dict):
            raise self.wrong_kind(field, "a JSON object")
        return _Fields(self.path, f"{self.place}{field}.", value)

    def objects(self, field: str) -> Iterator[_Fields]:
        value = self.values.get(field)
        if not isinstance(value, list):
            raise self.wrong_kind(field, "a list of JSON objects")
        for position, entry in enumerate(value):
            if not isinstance(entry, dict):
                raise self.wrong_kind(f"{field}[{position}]", "a JSON object")
            yield _Fields(self.path, f"{self.place}{field}[{position}].", entry)


def _pointed_path(fields: _Fields) -> str:
    folder = fields.text("path")
    if not is_inside(folder):
        raise DamagedEdition(fields.path, leads_out(folder))
    return folder


def leads_out(folder: str) -> str:
    """What to say of a pointer whose folder is not inside the published folder."""
    return f"the path {_shown(folder)} leads out of the published folder"


def _mart(marts: _Fields, name: str) -> ListedMart:
    if not _MART_NAME.fullmatch(name):
        raise marts.refuse(name, "is out of place: the name of a mart has small letters, digits and _ only")
    mart = marts.object(name)
    totals = mart.object("totals")
    return ListedMart(
        files=tuple(_mart_file(entry) for entry in mart.objects("files")),
        totals={total: totals.any_text(total) for total in totals.names()},
    )


def _mart_file(entry: _Fields) -> ListedFile:
    return ListedFile(_listed_path(entry), entry.sha256("sha256"), entry.count("rows"), entry.optional_text("build"))


def _page(entry: _Fields) -> ListedFile:
    return ListedFile(_listed_path(entry), entry.sha256("sha256"))


def _listed_path(entry: _Fields) -> str:
    path = entry.text("path")
    if not is_inside(path):
        raise entry.refuse("path", out_of_place(path))
    return path


def out_of_place(path: str) -> str:
    """What to say of a listed file that is not inside the published folder."""
    return f"is out of place: {_shown(path)} is not a path inside the published folder"


def _shown(text: str) -> str:
    """A value out of the file in quotes, on one line and short enough for a sentence."""
    line = one_line(text)
    return f"'{line}'" if len(line) <= _LONGEST_SHOWN else f"'{line[:_LONGEST_SHOWN]}…'"


def is_inside(path: str) -> bool:
    """Whether a relative path is one that an edition may have: judged by its letters alone, symbolic links on the disk."""
    return _PATH.fullmatch(path) is not None and not any(part in (".", "..") for part in path.split("/"))


def _gate(entry: _Fields) -> GateResult:
    severity = entry.text("severity")
    if severity not in _SEVERITIES:
        raise entry.refuse("severity", f"is {_shown(severity)}; write one of {', '.join(_SEVERITIES)}")
    exception = entry.optional_text("exception") or None
    return GateResult(
        suite=entry.text("suite"),
        gate=entry.text("gate"),
        description=entry.any_text("description"),
        severity=cast(Severity, severity),
        success=entry.flag("success") and exception is None,
        checked_rows=entry.count("checked_rows"),
        failed_rows=entry.count("failed_rows"),
        sample=_sample(entry) if entry.values.get("sample") is not None else [],
        exception=exception,
    )


def _sample(entry: _Fields) -> list[dict[str, Any]]:
    rows = [dict(row.values) for row in entry.objects("sample")]
    if not _is_shallow(rows, _DEEPEST_SAMPLE):
        raise entry.refuse(
            "sample", f"has values inside values more than {_DEEPEST_SAMPLE} deep; a row has plain values"
        )
    return rows


def _is_shallow(value: object, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels >= 0 and all(_is_shallow(one, levels - 1) for one in inner)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
