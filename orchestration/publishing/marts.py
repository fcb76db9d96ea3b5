"""A mart as files: exported from the warehouse, sorted, with the control totals of what was written.

The caller gives the list of marts; editions.py decides when they become visible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import TollhouseError
from orchestration.publishing.manifest import ListedFile
from orchestration.storage.durable import sha256_of, share

if TYPE_CHECKING:
    import duckdb

SCHEMA = "marts"

_KEPT_TYPES = re.compile(
    r"^(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|DOUBLE|VARCHAR|DATE|TIME|TIMESTAMP|DECIMAL\(\d+,\d+\))$"
)
_INTEGER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_MONEY = re.compile(r"(^|_)(amount|amounts|receivable|received|revenue|balance|fee|bonus|credit)(_|$)")
_COUNTED = re.compile(r"(^|_)(seconds|calls|records)$")
_FILE_NAME_VALUE = re.compile(r"^[\w.-]+$")


@dataclass(frozen=True)
class MartSpec:
    """A mart to publish. `order_by` must be a total order: it makes the bytes of equal rows equal."""

    name: str
    order_by: tuple[str, ...]
    partition_by: str | None = None


@dataclass(frozen=True)
class PreviousFiles:
    """The files of the edition before, by their name inside an edition, to be shared where nothing changed.

    `damaged` gets those that are not what was published: they are not shared, the new edition has its own.
    """

    by_name: Mapping[str, tuple[ListedFile, Path]]
    damaged: list[Path] = field(default_factory=list)

    def entry(self, name: str) -> ListedFile | None:
        """The manifest's entry of the file of that name in the edition before."""
        found = self.by_name.get(name)
        return None if found is None else found[0]

    def sound(self, name: str) -> Path | None:
        """The file of that name if the edition before has it on disk as it was published; it is hashed."""
        found = self.by_name.get(name)
        if found is None:
            return None
        entry, path = found
        if path.is_file() and sha256_of(path) == entry.sha256:
            return path
        self.damaged.append(path)
        return None


def export_mart(
    con: duckdb.DuckDBPyConnection,
    mart: MartSpec,
    folder: Path,
    final_path: str,
    previous: PreviousFiles,
    builds: Mapping[str, str],
) -> dict[str, Any]:
    """Write `marts.<name>` below the folder; the mart's part of the manifest.

    `final_path` is the folder's later place below published/. A partition whose build is the one of the previous
    edition is shared without being read; a file that comes out byte for byte as before is shared after it.
    """
    types = _column_types(con, mart)
    (folder / mart.name).mkdir(parents=True, exist_ok=True)
    files = []
    for name, condition, rows, build in _pieces(con, mart, builds):
        inside = f"{mart.name}/{name}.parquet"
        target = folder / inside
        before = previous.entry(inside)
        is_built = build is not None and before is not None and before.build == build and before.rows == rows
        existing = previous.sound(inside) if is_built else None
        if before is not None and existing is not None:
            share(existing, target)
            sha256 = before.sha256
        else:
            _copy_out(con, mart, condition, target)
            sha256 = sha256_of(target)
            is_as_before = not is_built and before is not None and before.sha256 == sha256
            if is_as_before and (existing := previous.sound(inside)) is not None:
                share(existing, target)
        entry: dict[str, Any] = {"path": f"{final_path}/{inside}", "rows": rows, "sha256": sha256}
        files.append(entry if build is None else entry | {"build": build})
    totals = _totals(con, mart, types)
    exported = sum(entry["rows"] for entry in files)
    if totals["rows"] != str(exported):
        raise TollhouseError(
            f"{SCHEMA}.{mart.name} has {totals['rows']} rows, its files {exported}: it changed while it was published"
        )
    return {"files": files, "totals": totals}


def _pieces(
    con: duckdb.DuckDBPyConnection, mart: MartSpec, builds: Mapping[str, str]
) -> list[tuple[str, str, int, str | None]]:
    """File name, condition, rows and build of each file of a mart, in the order of the partition values."""
    if mart.partition_by is None:
        row = con.execute(f"select count(*) from {SCHEMA}.{mart.name}").fetchone()
        return [(mart.name, "true", row[0] if row else 0, None)]
    column = mart.partition_by
    counted = con.execute(
        f"select cast({column} as varchar), count(*) from {SCHEMA}.{mart.name} group by {column} order by {column}"
    ).fetchall()
    pieces = []
    for value, rows in counted:
        if value is None:
            raise TollhouseError(f"{SCHEMA}.{mart.name}: {rows} rows have no {column} and would be in no file")
        if not _FILE_NAME_VALUE.match(value):
            raise TollhouseError(f"{SCHEMA}.{mart.name}: {column} '{value}' cannot be part of a file name")
        pieces.append((f"{column}={value}", f"{column} = '{value}'", rows, builds.get(value)))
    return pieces


def _copy_out(con: duckdb.DuckDBPyConnection, mart: MartSpec, condition: str, target: Path) -> None:
    order = ", ".join(f"{column} asc nulls last" for column in mart.order_by)
    quoted = str(target).replace("'", "''")
    con.execute(
        f"copy (select * from {SCHEMA}.{mart.name} where {condition} order by {order})"
        f" to '{quoted}' (format parquet, compression zstd)"
    )


def _column_types(con: duckdb.DuckDBPyConnection, mart: MartSpec) -> dict[str, str]:
    """The columns and their types; those that Parquet or a reader would turn into something else are refused."""
    described = con.execute(f"describe select * from {SCHEMA}.{mart.name}").fetchall()
    types = {str(row[0]): str(row[1]) for row in described}
    for column, kind in types.items():
        if not _KEPT_TYPES.match(kind):
            raise TollhouseError(
                f"{SCHEMA}.{mart.name}.{column} is {kind}, which readers of Parquet would not get as it is;"
                " cast it in the model"
            )
        if kind == "DOUBLE" and _MONEY.search(column):
            raise TollhouseError(f"{SCHEMA}.{mart.name}.{column} is money in a DOUBLE; cast it to DECIMAL in the model")
    for column in (*mart.order_by, *((mart.partition_by,) if mart.partition_by else ())):
        if column not in types:
            raise TollhouseError(f"{SCHEMA}.{mart.name} has no column {column} to order or divide its files by")
    return types


def _totals(con: duckdb.DuckDBPyConnection, mart: MartSpec, types: Mapping[str, str]) -> dict[str, str]:
    """Rows, and the exact sum of every decimal column and of every count of seconds, calls or records, as text."""
    sums = ["cast(count(*) as varchar) as rows"]
    for column, kind in types.items():
        if kind.startswith("DECIMAL"):
            scale = kind.rstrip(")").split(",")[1]
            sums.append(f"cast(cast(coalesce(sum({column}), 0) as decimal(38, {scale})) as varchar) as {column}")
        elif kind in _INTEGER_TYPES and _COUNTED.search(column):
            sums.append(f"cast(coalesce(sum({column}), 0) as varchar) as {column}")
    cursor = con.execute(f"select {', '.join(sums)} from {SCHEMA}.{mart.name}")
    names = [column[0] for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchone() or (), strict=True))
