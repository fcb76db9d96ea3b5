"""Access to one published edition: its manifest, its marts through an in-memory DuckDB, and the names of things.

The only place where a dashboard touches data, so that a restriction to some rows can be set here once, in the
views, and never query by query. What a page asks stands in `queries/`; what it shows stands in `pages/`.
"""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import duckdb

from orchestration.errors import TollhouseError

QUERIES = Path(__file__).resolve().parent / "queries"

Row = Mapping[str, Any]

_READS = re.compile(r"^-- reads: (.+)$", re.MULTILINE)
_MART_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


class EditionError(TollhouseError):
    """An edition cannot be read: the message names the file."""


@dataclass(frozen=True)
class Gate:
    """One gate's result as the manifest has it."""

    suite: str
    gate: str
    description: str
    severity: str
    success: bool
    checked_rows: int
    failed_rows: int
    sample: tuple[Row, ...]
    exception: str | None

    @property
    def blocks(self) -> bool:
        """A critical gate that fails, or that could not be asked, blocks the edition."""
        return not self.success and self.severity == "critical"


@dataclass(frozen=True)
class Period:
    """A billing period (a calendar month)."""

    code: str

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(int(self.code[:4]), int(self.code[5:7]), 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        first = self.first_day
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])

    @property
    def issued_on(self) -> date:
        """The day its bills are issued: the 1st of the next month."""
        return self.last_day + timedelta(days=1)

    @property
    def due_on(self) -> date:
        """The day its bills are due: the 25th of the next month."""
        return self.issued_on.replace(day=25)

    @property
    def before(self) -> Period:
        """The month before."""
        return Period.of(self.first_day - timedelta(days=1))

    @classmethod
    def of(cls, day: date) -> Period:
        """The period that holds a day."""
        return cls(f"{day:%Y-%m}")


class Edition:
    """One edition: facts from its manifest, rows from its marts. Use `current` or `open`; close when done."""

    def __init__(self, directory: Path, published: Path, manifest: Mapping[str, Any]) -> None:
        self.directory = directory
        self.published = published
        self.manifest = manifest
        self.name = _text(manifest, "edition", directory)
        self.built_at = _text(manifest, "built_at", directory)
        self.time_zone = str(manifest.get("time_zone", "UTC"))  # editions of before have none
        try:
            self.as_of = date.fromisoformat(_text(manifest, "as_of", directory))
        except ValueError as error:
            raise EditionError(f"{directory / 'manifest.json'}: as_of: {error}") from error
        self.marts: frozenset[str] = frozenset()
        self._connection = duckdb.connect(":memory:")
        # One thread: sums of ratios must come out the same on every machine, or a rebuilt site would differ.
        self._connection.execute("set threads = 1")
        self._open_marts()

    @classmethod
    def current(cls, published: Path) -> Edition:
        """Open the edition that current.json points to."""
        return cls.open(current_edition_directory(published), published)

    @classmethod
    def open(cls, edition_dir: Path, published: Path | None = None) -> Edition:
        """Open an edition by its folder; `published` is the folder its paths are relative to (two up by default)."""
        return cls(edition_dir, published or edition_dir.parent.parent, _read_json(edition_dir / "manifest.json"))

    def close(self) -> None:
        """Give the in-memory database back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """The gate results in the manifest's order."""
        return tuple(_gate(entry, self.directory) for entry in self.manifest.get("gates", ()))

    @cached_property
    def names(self) -> Mapping[tuple[str, str], Row]:
        """The names of things by (dimension, dimension_id); empty where the edition has none."""
        if self.lacks("dimension_names"):
            return {}
        return {(row["dimension"], row["dimension_id"]): row for row in self.query("dimension_names")}

    @cached_property
    def complete_period(self) -> Period | None:
        """The newest period whose bills are issued by the as-of date; None while the first one still runs."""
        if self.lacks("collection_periods"):
            return None
        running = Period.of(self.as_of)
        codes = [row["billing_period"] for row in self.query("collection_periods")]
        ended = [code for code in codes if code < running.code]
        return Period(max(ended)) if ended else None

    def lacks(self, *queries: str) -> tuple[str, ...]:
        """The marts that these queries read and this edition does not have, in order; empty when all are there."""
        needed = {mart for query in queries for mart in query_reads(query)}
        return tuple(sorted(needed - self.marts))

    def query(self, name: str, **parameters: object) -> list[Row]:
        """The rows of `queries/<name>.sql` over this edition's marts."""
        try:
            cursor = self._connection.execute(_query_text(name), parameters or None)
            columns = [column[0] for column in cursor.description or ()]
            return [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
        except duckdb.Error as error:
            raise EditionError(f"edition {self.name}: query '{name}' failed: {error}") from error

    def one(self, name: str, **parameters: object) -> Row:
        """The only row of a query that always has one."""
        rows = self.query(name, **parameters)
        if len(rows) != 1:
            raise EditionError(f"edition {self.name}: query '{name}' gave {len(rows)} rows instead of one")
        return rows[0]

    def _open_marts(self) -> None:
        marts = self.manifest.get("marts", {})
        root = self.published.resolve()
        opened = set()
        for mart in sorted(marts):
            files = [self._mart_file(mart, entry, root) for entry in marts[mart].get("files", ())]
            if not files:
                continue
            listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
            try:
                self._connection.execute(f"create view {mart} as select * from read_parquet([{listed}])")
            except duckdb.Error as error:
                raise EditionError(f"edition {self.name}: mart {mart} cannot be read: {error}") from error
            opened.add(mart)
        self.marts = frozenset(opened)

    def _mart_file(self, mart: str, entry: Mapping[str, Any], root: Path) -> Path:
        # While an edition is staged its folder has another name than its manifest says.
        own = f"editions/{self.name}/"
        listed = str(entry["path"])
        path = (
            self.directory.resolve() / listed.removeprefix(own) if listed.startswith(own) else root / listed
        ).resolve()
        if not _MART_NAME.match(mart) or not path.is_relative_to(root):
            raise EditionError(f"{self.directory / 'manifest.json'}: marts.{mart}: '{entry['path']}' is out of place")
        return path


@contextmanager
def opened(edition_dir: Path, published: Path | None = None) -> Iterator[Edition]:
    """An edition for the length of a `with` block."""
    with Edition.open(edition_dir, published) as edition:
        yield edition


def current_edition_directory(published: Path) -> Path:
    """The folder of the edition that current.json names; raises EditionError where there is none."""
    pointer = _read_json(published / "current.json")
    directory = (published / _text(pointer, "path", published, "current.json")).resolve()
    if directory.name == "manifest.json":
        directory = directory.parent
    if not directory.is_relative_to(published.resolve()):
        raise EditionError(f"{published / 'current.json'}: path leads out of {published}")
    return directory


def query_reads(name: str) -> tuple[str, ...]:
    """The marts that a query declares in its `-- reads:` line."""
    declared = _READS.search(_query_text(name))
    if declared is None:
        raise EditionError(f"{QUERIES / name}.sql has no line '-- reads: <mart>, …'")
    return tuple(part.strip() for part in declared.group(1).split(","))


def _query_text(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _gate(entry: Mapping[str, Any], directory: Path) -> Gate:
    try:
        return Gate(
            suite=str(entry["suite"]),
            gate=str(entry["gate"]),
            description=str(entry["description"]),
            severity=str(entry["severity"]),
            success=bool(entry["success"]) and not entry.get("exception"),
            checked_rows=int(entry["checked_rows"]),
            failed_rows=int(entry["failed_rows"]),
            sample=tuple(entry.get("sample") or ()),
            exception=entry.get("exception"),
        )
    except KeyError as error:
        raise EditionError(f"{directory / 'manifest.json'}: a gate has no field {error}") from error


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise EditionError(f"{path} is not there: `tollhouse doctor` says more") from error
    except (OSError, ValueError) as error:
        raise EditionError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise EditionError(f"{path} is not a valid JSON object")
    return content


def _text(content: Mapping[str, Any], field: str, directory: Path, file: str = "manifest.json") -> str:
    value = content.get(field)
    if not isinstance(value, str) or not value:
        raise EditionError(f"{directory / file}: field '{field}' is missing")
    return value
