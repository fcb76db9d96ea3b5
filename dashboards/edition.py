"""Access to one edition for the pages: its marts through an in-memory DuckDB, and the names of things.

The edition itself, with its manifest and gates, comes checked from `orchestration.publishing.reading`.

The only place where a dashboard touches data, so that a restriction to some rows can be set here once, in the
views, and never query by query. The queries of a page are in `queries/`; its content is in `pages/`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import duckdb

from orchestration.publishing.manifest import EditionError
from orchestration.publishing.reading import EditionFolder, current_edition, no_edition, read_edition

QUERIES = Path(__file__).resolve().parent / "queries"

Row = Mapping[str, Any]

_READS = re.compile(r"^-- reads: (.+)$", re.MULTILINE)


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

    def __init__(self, found: EditionFolder) -> None:
        self.name = found.edition
        self.as_of = found.as_of
        self.built_at = found.manifest.built_at
        self.time_zone = found.manifest.time_zone
        self.gates = found.manifest.gates
        self.marts: frozenset[str] = frozenset()
        self._connection = duckdb.connect(":memory:")
        # One thread: sums of ratios must come out the same on every machine, or a rebuilt site would differ.
        self._connection.execute("set threads = 1")
        self._open_marts(found)

    @classmethod
    def current(cls, published: Path) -> Edition:
        """Open the edition that current.json points to. Raises EditionError where there is none, or it is damaged."""
        found = current_edition(published)
        if found is None:
            raise EditionError(no_edition(published))
        return cls(found)

    @classmethod
    def open(cls, edition_dir: Path, published: Path | None = None) -> Edition:
        """Open an edition by its folder; `published` is the folder its paths are relative to (two up by default)."""
        return cls(read_edition(edition_dir, published or edition_dir.parent.parent))

    def close(self) -> None:
        """Give the in-memory database back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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

    def _open_marts(self, found: EditionFolder) -> None:
        opened = set()
        for mart in sorted(found.manifest.marts):
            files = found.files(mart)
            if not files:
                continue
            listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
            try:
                self._connection.execute(f"create view {mart} as select * from read_parquet([{listed}])")
            except duckdb.Error as error:
                raise EditionError(f"edition {self.name}: mart {mart} cannot be read: {error}") from error
            opened.add(mart)
        self.marts = frozenset(opened)


@contextmanager
def opened(edition_dir: Path, published: Path | None = None) -> Iterator[Edition]:
    """An edition for the length of a `with` block."""
    with Edition.open(edition_dir, published) as edition:
        yield edition


def query_reads(name: str) -> tuple[str, ...]:
    """The marts that a query declares in its `-- reads:` line."""
    declared = _READS.search(_query_text(name))
    if declared is None:
        raise EditionError(f"{QUERIES / name}.sql has no line '-- reads: <mart>, …'")
    return tuple(part.strip() for part in declared.group(1).split(","))


def _query_text(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
