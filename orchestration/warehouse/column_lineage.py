"""From which columns a model's columns come, read off its compiled SQL by sqlglot. For the lineage that analysts see.

Reading all models takes some seconds, and their SQL seldom changes: what was read is kept beside the manifest, by a hash of
the SQL.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import duckdb
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

# column → the (schema, table, column) it is made of
ColumnLineage = dict[str, list[tuple[str, str, str]]]
TableColumns = dict[str, dict[str, dict[str, str]]]


class LineageReader:
    """Reads the lineage of models, with the columns of every table at hand and a memory of what was read before."""

    def __init__(self, con: duckdb.DuckDBPyConnection, memory: Path) -> None:
        """`con` is the warehouse, whose tables the models read; `memory` the JSON file to keep results in."""
        self._memory = memory
        self._known: dict[str, ColumnLineage] = {}
        if memory.is_file():
            kept = json.loads(memory.read_text(encoding="utf-8"))
            self._known = {
                digest: {column: [(s, t, c) for s, t, c in sources] for column, sources in columns.items()}
                for digest, columns in kept.items()
            }
        self._con = con
        self._tables: TableColumns | None = None
        self._has_news = False

    def read(self, sql: str) -> ColumnLineage:
        """The lineage of a query's columns; empty where sqlglot cannot follow it (its grammar is not the engine's)."""
        digest = hashlib.sha256(sql.encode()).hexdigest()
        if digest not in self._known:
            try:
                self._known[digest] = _trace(sql, self._columns())
            except SqlglotError:
                self._known[digest] = {}
            self._has_news = True
        return self._known[digest]

    def keep(self) -> None:
        """Write what was read to the memory."""
        if self._has_news:
            temporary = self._memory.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_text(json.dumps(self._known), encoding="utf-8")
            temporary.replace(self._memory)

    def _columns(self) -> TableColumns:
        if self._tables is None:
            self._tables = {}
            for schema, table, column, kind in self._con.execute(
                "select table_schema, table_name, column_name, data_type from information_schema.columns"
            ).fetchall():
                self._tables.setdefault(schema, {}).setdefault(table, {})[column] = kind
        return self._tables


def _trace(sql: str, tables: TableColumns) -> ColumnLineage:
    schema: dict[str, object] = {"warehouse": tables}
    query = qualify(parse_one(sql, dialect="duckdb"), schema=schema, dialect="duckdb", validate_qualify_columns=False)
    if not isinstance(query, exp.Query):
        return {}
    scope = build_scope(query)
    traced: ColumnLineage = {}
    for column in query.named_selects:
        origin = lineage(column, query, schema, dialect="duckdb", scope=scope, copy=False, trim_selects=False)
        traced[column] = sorted(
            {
                (node.expression.db, node.expression.name, node.name.split(".")[-1].strip('"'))
                for node in origin.walk()
                if not node.downstream and isinstance(node.expression, exp.Table)
            }
        )
    return traced
