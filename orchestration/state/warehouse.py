"""Whether the warehouse can be read: every row of every table, block by block, as DuckDB's own checksums have it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from orchestration.errors import TollhouseError
from orchestration.settings import Settings
from orchestration.warehouse.connection import is_locked, open_warehouse


def unreadable_tables(settings: Settings, *, read_only: bool = False) -> Iterator[str]:
    """What of the warehouse cannot be read, as sentences. The run lock must be held.

    `read_only` changes nothing by looking, and needs a process that does not have the warehouse open.
    """
    try:
        opened = duckdb.connect(str(settings.warehouse_path), read_only=True) if read_only else open_warehouse(settings)
        with opened as con:
            tables = con.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = current_database() and not internal "
                "order by all"
            ).fetchall()
            for schema, table in tables:
                try:
                    _read_whole(con, schema, table)
                except duckdb.Error as error:
                    yield f"{settings.warehouse_path}: {schema}.{table} cannot be read: {first_line(error)}"
                    if isinstance(error, duckdb.FatalException | duckdb.InternalException):
                        return  # the engine refuses everything after it
    except TollhouseError as error:
        if not (isinstance(error.__cause__, duckdb.Error) and is_locked(error.__cause__)):
            yield str(error)
    except duckdb.Error as error:
        yield f"{settings.warehouse_path}: {first_line(error)}"


def first_line(error: BaseException) -> str:
    """An engine's message, in one line."""
    return " ".join(str(error).split())[:300]


def _read_whole(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    columns = con.execute(
        "select column_name from duckdb_columns() where database_name = current_database() and schema_name = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    hashed = ", ".join(f'"{name}"' for (name,) in columns)
    con.execute(f'select bit_xor(hash({hashed})) from "{schema}"."{table}"').fetchall()
