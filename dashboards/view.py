"""One edition as one viewer may see it: its marts through an in-memory DuckDB, and the names of things.

The edition itself, with its manifest and gates, comes checked from `orchestration.publishing.reading`.

The only place where a page touches data. The viewer's scope and masks (scope.py) are part of the views that are opened here, so that
no query and no page can show more. The queries of a page are in `queries/`; its content is in `pages/`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from dashboards.scope import columns_of_members, masked_columns, masked_in_sample, members_of, rows_seen
from expectations.results import GateResult
from orchestration.access.roles import WHOLE_BRANCH, Viewer
from orchestration.publishing.manifest import EditionError
from orchestration.publishing.reading import EditionFolder, current_edition, no_edition

if TYPE_CHECKING:
    import pyarrow

QUERIES = Path(__file__).resolve().parent / "queries"

Row = Mapping[str, Any]

#: Marts of which an edition of an earlier version had no rows to publish: where it lacks one, it is read as empty.
_EMPTY_IN_EARLIER_VERSIONS: Mapping[str, str] = {
    "account_adjustments": (
        "adjustment_id varchar, account_id varchar, business_unit_id varchar, outlet_id varchar, kind varchar, amount decimal(18, 2), "
        "dated_on date, billing_period varchar, bill_item_id varchar, service_number varchar, reason varchar, prepared_by varchar, "
        "approved_by varchar, reverses_adjustment_id varchar, possible_amount decimal(18, 2), counted_amount decimal(18, 2), "
        "fault varchar"
    ),
    "bill_write_offs": (
        "adjustment_id varchar, account_id varchar, billing_period varchar, settling_account_id varchar, "
        "written_off_account_id varchar, written_off_on date, amount decimal(18, 2)"
    ),
}

#: Columns that a mart had not in an earlier version, with what they would have held.
_COLUMNS_OF_LATER_VERSIONS: Mapping[str, Mapping[str, str]] = {
    "bills": {"settling_account_id": "account_id"},
    "collection_rates": {"written_off": "cast(0 as decimal(18, 2))"},
}

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


@dataclass(frozen=True)
class BranchFiles:
    """What pages read besides an edition: the reference book for prices as of today, and the branch's notices in Markdown."""

    reference: Path
    notices: Path


class View:
    """One edition as a viewer may see it: facts from its manifest, rows from its marts. Close it when done.

    `published` is the folder that it lies in, with the other editions. Queries may come from several threads: each has a cursor of its own.
    """

    def __init__(self, found: EditionFolder, viewer: Viewer = WHOLE_BRANCH, branch: BranchFiles | None = None) -> None:
        self.found = found
        self.name = found.edition
        self.as_of = found.as_of
        self.built_at = found.manifest.built_at
        self.time_zone = found.manifest.time_zone
        self.published = found.published
        self.viewer = viewer
        self.branch = branch
        self.marts: frozenset[str] = frozenset()
        self._own_members: dict[str, frozenset[str]] = {}
        self._connection = duckdb.connect(":memory:")
        # One thread: sums of ratios must come out the same on every machine, or a rebuilt site would differ.
        self._connection.execute("set threads = 1")
        self.gates = self._gates_seen(found.manifest.gates)
        self._open_marts(found)

    @classmethod
    def current(cls, published: Path, viewer: Viewer = WHOLE_BRANCH, branch: BranchFiles | None = None) -> Self:
        """The edition that current.json points to. Raises EditionError where there is none, or it is damaged."""
        found = current_edition(published)
        if found is None:
            raise EditionError(no_edition(published))
        return cls(found, viewer, branch)

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
    def periods(self) -> Mapping[str, str]:
        """The billing periods of the edition with their state, the newest first; the running one is always among them."""
        rows = () if self.lacks("billing_periods") else self.query("billing_periods")
        found = {row["billing_period"]: row["period_state"] for row in rows}
        found.setdefault(Period.of(self.as_of).code, "provisional")
        return dict(sorted(found.items(), reverse=True))

    @cached_property
    def complete_period(self) -> Period | None:
        """The newest period whose bills are issued by the as-of date; None while the first one still runs."""
        if self.lacks("collection_periods"):
            return None
        running = Period.of(self.as_of)
        codes = [row["billing_period"] for row in self.query("collection_periods")]
        ended = [code for code in codes if code < running.code]
        return Period(max(ended)) if ended else None

    @property
    def running_period(self) -> Period:
        """The period of the as-of date: its bills are provisional."""
        return Period.of(self.as_of)

    def members(self, dimension: str) -> tuple[str, ...]:
        """The ids of a dimension's members that have a name, in order; of units, outlets and agents those with a row to be seen."""
        named = tuple(member_id for found, member_id in sorted(self.names) if found == dimension)
        places = columns_of_members(dimension)
        if self.viewer.scope.is_whole_branch or not places:
            return named
        if dimension not in self._own_members:
            own = set(members_of(self.viewer.scope, dimension))
            for mart, column in places:
                if mart in self.marts:
                    own |= {row[column] for row in self._rows(f"select distinct {column} from {mart}", mart, {})}
            self._own_members[dimension] = frozenset(own)
        return tuple(member_id for member_id in named if member_id in self._own_members[dimension])

    def lacks(self, *queries: str) -> tuple[str, ...]:
        """The marts that these queries read and this edition does not have, in order; empty when all are there."""
        return self.lacking(mart for query in queries for mart in query_reads(query))

    def lacking(self, marts: Iterable[str]) -> tuple[str, ...]:
        """Which of these marts this edition does not have, in order; one that is read as empty is not among them."""
        return tuple(sorted(set(marts) - self.marts - _EMPTY_IN_EARLIER_VERSIONS.keys()))

    def query(self, name: str, **parameters: object) -> list[Row]:
        """The rows of `queries/<name>.sql` over this edition's marts."""
        return self._rows(query_text(name), f"query '{name}'", parameters)

    def one(self, name: str, **parameters: object) -> Row:
        """The only row of a query that always has one."""
        rows = self.query(name, **parameters)
        if len(rows) != 1:
            raise EditionError(f"edition {self.name}: query '{name}' gave {len(rows)} rows instead of one")
        return rows[0]

    def columns(self, mart: str) -> tuple[tuple[str, str], ...]:
        """The columns of a mart with their types in DuckDB's words. Raises EditionError where the edition has no such mart."""
        self._must_have(mart)
        return tuple((row["column_name"], row["column_type"]) for row in self._rows(f"describe {mart}", mart, {}))

    def preview(self, mart: str, at_most: int) -> list[Row]:
        """The first rows of a mart in its own order. Raises EditionError where the edition has no such mart."""
        self._must_have(mart)
        return self._rows(f"select * from {mart} limit {int(at_most)}", mart, {})

    def row_count(self, mart: str) -> int:
        """How many rows of a mart the viewer may see. Raises EditionError where the edition has no such mart."""
        self._must_have(mart)
        return int(self._rows(f"select count(*) as rows from {mart}", mart, {})[0]["rows"])

    def stream(self, sql: str, what: str, parameters: Mapping[str, object], batch_rows: int) -> Stream:
        """The rows of a query of another room over this edition's marts, in batches: for files with more rows than a page has.

        `what` names the query where it fails. Raises EditionError, also while the batches are read.
        """
        return Stream(self, sql, what, parameters, batch_rows)

    def _must_have(self, mart: str) -> None:
        if mart not in self.marts:
            raise EditionError(f"edition {self.name} has no mart '{mart}'")

    def _rows(self, sql: str, what: str, parameters: Mapping[str, object]) -> list[Row]:
        try:
            cursor = self._connection.cursor().execute(sql, parameters or None)
            columns = [column[0] for column in cursor.description or ()]
            return [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
        except duckdb.Error as error:
            raise EditionError(f"edition {self.name}: {what} failed: {error}") from error

    def _gates_seen(self, gates: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
        """The gates with the rows that broke them masked as those of a mart are; a scope sees none, for they may be anybody's."""
        if not self.viewer.scope.is_whole_branch:
            return _without_samples(gates)
        return tuple(
            replace(
                gate,
                sample=[self._masked(gate.suite, row) for row in gate.sample],
                # What a gate stumbled over may be a call.
                exception=self._masked("rated_calls", {"detail": gate.exception})["detail"],
            )
            for gate in gates
        )

    def _masked(self, suite: str, row: Row) -> dict[str, Any]:
        masked = dict(row)
        for column, expression in masked_in_sample(suite, row, self.viewer).items():
            if row[column] is not None:
                sql = f"select {expression} from (select cast(? as varchar) as {column})"
                found = self._connection.execute(sql, [str(row[column])]).fetchone()
                masked[column] = None if found is None else found[0]
        return masked

    def _open_marts(self, found: EditionFolder) -> None:
        opened = set()
        # The bills first: to whom an account belongs, they say.
        for mart in sorted(found.manifest.marts, key=lambda name: (name != "bills", name)):
            files = found.files(mart)
            if not files:
                continue
            listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
            try:
                self._open_mart(mart, f"read_parquet([{listed}])")
            except duckdb.Error as error:
                raise EditionError(f"edition {self.name}: mart {mart} cannot be read: {error}") from error
            opened.add(mart)
        self.marts = frozenset(opened)
        for mart in _EMPTY_IN_EARLIER_VERSIONS.keys() - opened:
            self._connection.execute(f"create table {mart} ({_EMPTY_IN_EARLIER_VERSIONS[mart]})")

    def _open_mart(self, mart: str, files: str) -> None:
        scope = self.viewer.scope
        if mart == "bills" and not scope.is_whole_branch:
            self._connection.execute(f"create view bills_of_branch as select * from {files}")
        described = self._connection.execute(f"describe select * from {files}").fetchall()
        masks = masked_columns(mart, [row[0] for row in described], self.viewer)
        replaced = ", ".join(f"{expression} as {column}" for column, expression in masks.items())
        shown = f"* replace ({replaced})" if replaced else "*"
        columns = {row[0] for row in described}
        for column, expression in _COLUMNS_OF_LATER_VERSIONS.get(mart, {}).items():
            if column not in columns:
                shown += f", {expression} as {column}"
        self._connection.execute(f"create view {mart} as select {shown} from {files} where {rows_seen(mart, scope)}")


class Stream:
    """The rows of one query, read once, batch after batch; `columns` are their names, known before the first batch."""

    def __init__(self, view: View, sql: str, what: str, parameters: Mapping[str, object], batch_rows: int) -> None:
        self._fault = f"edition {view.name}: {what} failed"
        try:
            cursor = view._connection.cursor().execute(sql, parameters or None)
            self._reader = cursor.to_arrow_reader(batch_rows)
        except duckdb.Error as error:
            raise EditionError(f"{self._fault}: {error}") from error
        self.schema = self._reader.schema

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self.schema.names)

    def __iter__(self) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow  # a fifth of a second, and only files need it

        try:
            yield from self._reader
        except (duckdb.Error, pyarrow.ArrowException) as error:
            raise EditionError(f"{self._fault}: {error}") from error


def _without_samples(gates: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
    """The gates without the rows that broke them, which may be anybody's."""
    return tuple(replace(gate, sample=[], exception="-" if gate.exception else None) for gate in gates)


def query_reads(name: str) -> tuple[str, ...]:
    """The marts that a query declares in its `-- reads:` line."""
    declared = _READS.search(query_text(name))
    if declared is None:
        raise EditionError(f"{QUERIES / name}.sql has no line '-- reads: <mart>, …'")
    return tuple(part.strip() for part in declared.group(1).split(","))


def query_text(name: str) -> str:
    """The SQL of a query."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
