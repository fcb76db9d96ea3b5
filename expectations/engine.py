"""Great Expectations on the caller's DuckDB handle. Only this module imports it, which takes 6 to 8 s: import this one late.

Sharing the handle, not a second connection, lets gates see the writer's uncommitted rows and leaves its
transaction alone: write, audit, commit.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read at import: a gate tells nobody but its caller

import great_expectations as gx
import great_expectations.expectations as gxe
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.metadata_types import FailureSeverity
from sqlalchemy.pool import StaticPool

from expectations.gates import NO_ROWS, Gate

if TYPE_CHECKING:
    import duckdb

GX_SEVERITY = {
    "warn": FailureSeverity.INFO,
    "error": FailureSeverity.WARNING,
    "critical": FailureSeverity.CRITICAL,
}


class SharedHandle(ConnectionWrapper):
    """The caller's handle, lent to the pool. The pool closes its connections at its end; this one must stay open."""

    def close(self) -> None:
        """Give the handle back without closing it."""
        self.closed = True


class NoRows(gxe.UnexpectedRowsExpectation):
    """A query that must find no row, run once. The parent class runs it a second time for 200 rows that nobody reads."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: dict[str, Any] | None = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        rows = metrics["unexpected_rows_query.row_count"]
        return {"success": rows == 0, "result": {"observed_value": rows}}


class GxEngine:
    """One ephemeral context over one DuckDB handle; batches by table."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        """Open the context; nothing is read from the database yet."""
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
        # AUTOCOMMIT and no rollback at checkin: otherwise the pool's rollback discards results before they are read.
        self._source = context.data_sources.add_sql(  # type: ignore[call-arg]  # the stub omits kwargs
            "warehouse",
            connection_string="duckdb:///:memory:",
            create_temp_table=False,
            kwargs={
                "creator": lambda: SharedHandle(con),
                "poolclass": StaticPool,
                "isolation_level": "AUTOCOMMIT",
                "skip_autocommit_rollback": True,
            },
        )
        self._batches: dict[str, Any] = {}

    def evaluate(self, table: str, gates: list[tuple[str, Gate]]) -> dict[str, Any]:
        """Evaluate gates of one table; returns GX's results by the given ids. A missing result stays missing."""
        expectations = [self._expectation(identity, gate) for identity, gate in gates]
        suite = gx.ExpectationSuite(name=table, expectations=expectations)
        validated = self._batch(table).validate(suite)
        return {result.expectation_config.meta["gate"]: result for result in validated.results}

    def _batch(self, table: str) -> Any:
        if table not in self._batches:
            schema, name = table.split(".")
            with warnings.catch_warnings():  # one handle, several schemas: the schema cannot stand in the connection
                warnings.filterwarnings("ignore", "`schema_name` is deprecated", DeprecationWarning)
                asset = self._source.add_table_asset(table, table_name=name, schema_name=schema)
            # Without a batch definition, which would write the whole context again for each table.
            self._batches[table] = asset.get_batch(asset.build_batch_request())
        return self._batches[table]

    @staticmethod
    def _expectation(identity: str, gate: Gate) -> Any:
        kind = NoRows if gate.expectation == NO_ROWS else getattr(gxe, gate.expectation)
        return kind(
            **gate.arguments,
            description=gate.description,
            severity=GX_SEVERITY[gate.severity],
            meta={"gate": identity},
        )
