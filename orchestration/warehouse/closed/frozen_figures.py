"""The frozen figures of closed periods outside the warehouse: `$TOLLHOUSE_HOME/closed/<period>/<table>.parquet`, and of the second
closing of a period that was reopened `closed/<period>.2/`.

A warehouse can be computed again from what was delivered, but not the bills of a closed period, which are as they were when it
was closed. So closing writes them as files too, and the ledger keeps their hashes. The order makes a kill harmless: first the
files, then the ledger's decision with their hashes, then the warehouse. A warehouse that lacks a period of the ledger is
filled from the files.

The warehouse keeps the hashes too (closed.frozen_files), so that another home's warehouse, with the same periods closed and
other bills, is easily distinguished from this one's.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import FrozenFile, closing_folder
from orchestration.settings import Settings
from orchestration.storage.durable import flush, flush_tree, sha256_of
from orchestration.warehouse.closed.closed_schema import create_closed_schema
from orchestration.warehouse.connection import WAREHOUSE_ADVICE

BUILDING = ".building-"
#: What to do where a file of the figures is damaged and the warehouse is sound.
FROZEN_ADVICE = "remove it, and `tollhouse run` writes it again from the warehouse; or `tollhouse restore DIR --replace` puts a backup back"


@dataclass(frozen=True)
class _Table:
    """A table of the schema closed: which of its rows are of the period $period, in which total order they are written."""

    condition: str
    order_by: str


_OF_PERIOD = "billing_period = $period"
_TABLES = {
    "periods": _Table(_OF_PERIOD, "billing_period"),
    "calls": _Table(_OF_PERIOD, "call_id"),
    "joined_pieces": _Table(
        "joined_call_id in (select call_id from closed.calls where billing_period = $period)", "call_id"
    ),
    "bill_lines": _Table(_OF_PERIOD, "account_id, service_number, bill_item_id, line_kind, amount"),
    "bills": _Table(_OF_PERIOD, "account_id"),
    "adjustments": _Table(_OF_PERIOD, "adjustment_id"),
    "late_fees": _Table(_OF_PERIOD, "account_id, unpaid_period, bill_item_id"),
}
#: The tables whose rows name the period that they are of.
TABLES_OF_PERIODS = tuple(name for name, table in _TABLES.items() if table.condition == _OF_PERIOD)


def closed_folder(settings: Settings) -> Path:
    """The folder of the frozen figures, with a folder for each period."""
    return settings.home / "closed"


def write_frozen(
    con: duckdb.DuckDBPyConnection, settings: Settings, period: str, closing_number: int
) -> list[FrozenFile]:
    """Write what the closed schema holds of a period to the folder of the closing: all files or none, and flushed to the disk.

    Earlier files of this closing are replaced; those of a closing that was reopened stay. The caller updates the ledger.
    """
    parent = closed_folder(settings)
    parent.mkdir(parents=True, exist_ok=True)
    flush(settings.home)
    for leftover in parent.glob(f"{BUILDING}*"):
        shutil.rmtree(leftover)
    building, folder = parent / f"{BUILDING}{period}", parent / closing_folder(period, closing_number)
    building.mkdir()
    written = []
    for name, table in _TABLES.items():
        path = building / f"{name}.parquet"
        quoted = str(path).replace("'", "''")
        condition = _condition(name, period)
        con.execute(
            f"copy (select * from closed.{name} where {condition} order by {table.order_by}) "
            f"to '{quoted}' (format parquet, compression zstd)"
        )
        relative = str((folder / path.name).relative_to(settings.home))
        rows = _count(con, f"closed.{name} where {condition}")
        written.append(FrozenFile(period, name, relative, rows, path.stat().st_size, sha256_of(path)))
    flush_tree(building)
    if folder.exists():
        folder.rename(parent / f"{BUILDING}replaced-{period}")
    building.rename(folder)
    flush(parent)
    shutil.rmtree(parent / f"{BUILDING}replaced-{period}", ignore_errors=True)
    return written


def write_missing(
    con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger
) -> tuple[list[str], list[str]]:
    """Write the files of the periods that the warehouse holds and that have none: of those that an earlier version closed,
    and of those whose files are gone, cut or not what was written. Returns the periods of either kind.

    Only sizes are compared: a run has no time to hash; `damaged_files` does. Raises TollhouseError where the warehouse
    does not hold of a period what was closed of it.
    """
    kept = ledger.frozen_figures()
    new, again = [], []
    for period in sorted(closed_periods(con)):
        files = kept.get(period)
        if files is None:
            new.append(period)
        elif missing_files(settings, files):
            _refuse_other_rows(con, settings, period, files)
            again.append(period)
    if new or again:
        create_closed_schema(con)  # an earlier version lacks tables and columns
    for period in (*new, *again):
        figures = write_frozen(con, settings, period, ledger.closing_number(period))
        ledger.add_frozen_figures(figures)
        keep_hashes(con, figures)
    return new, again


def keep_hashes(con: duckdb.DuckDBPyConnection, figures: Sequence[FrozenFile]) -> None:
    """Note in the warehouse which files' rows it holds; in the caller's transaction, if there is one."""
    for period in {file.period for file in figures}:
        con.execute("delete from closed.frozen_files where billing_period = ?", [period])
    for file in figures:
        con.execute("insert into closed.frozen_files values (?, ?, ?)", [file.period, file.table, file.sha256])


def refuse_other_figures(con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger) -> None:
    """Raise TollhouseError where the warehouse holds other figures of a closed period than were frozen. One that an earlier version
    filled gets the hashes of what it holds."""
    others = periods_with_other_figures(con, settings, ledger)
    if others:
        raise TollhouseError(f"{other_figures_fault(settings, others[0])}. Nothing was computed. {WAREHOUSE_ADVICE}")
    kept, held = _kept_hashes(con), closed_periods(con)
    for period, files in ledger.frozen_figures().items():
        if period in held and period not in kept:
            create_closed_schema(con)
            keep_hashes(con, files)


def periods_with_other_figures(
    con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger, *, is_deep: bool = False
) -> list[str]:
    """The closed periods whose figures in the warehouse differ from the frozen ones; nothing is changed.

    The hashes that it keeps are compared. Where it keeps none, since an earlier version closed the period, and where
    `is_deep`, all rows are.
    """
    kept, held = _kept_hashes(con), closed_periods(con)
    others = []
    for period, files in ledger.frozen_figures().items():
        if period not in held:
            continue
        known = ledger.frozen_hashes(period)
        is_same = period not in kept or all(kept[period].get(file.table) in known[file.table] for file in files)
        if is_same and (period not in kept or (is_deep and not damaged_files(settings, files))):
            is_same = _has_rows_of(con, settings, files)
        if not is_same:
            others.append(period)
    return others


def other_figures_fault(settings: Settings, period: str) -> str:
    """The message about a period with other figures."""
    return (
        f"the warehouse {settings.warehouse_path} holds other figures of the closed period {period} than were closed here: it is "
        "another home's, or was changed"
    )


def _has_rows_of(con: duckdb.DuckDBPyConnection, settings: Settings, files: Sequence[FrozenFile]) -> bool:
    """Whether the warehouse's rows of a closed period are those of its files. With a file that is gone or not what was written
    nothing agrees."""
    if damaged_files(settings, files):
        return False
    for file in files:
        if not has_table(con, "closed", file.table):
            return False
        there = f"select * from closed.{file.table} where {_condition(file.table, file.period)}"
        path = str(settings.home / file.path).replace("'", "''")
        columns = [name for name, *_ in con.execute(f"describe select * from read_parquet('{path}')").fetchall()]
        now = {name for name, *_ in con.execute(f"describe {there}").fetchall()}
        listed = ", ".join(columns)
        if not set(columns) <= now:
            return False
        frozen, found = f"select {listed} from read_parquet('{path}')", f"select {listed} from ({there})"
        if con.execute(
            f"select 1 from (({frozen} except all {found}) union all ({found} except all {frozen})) limit 1"
        ).fetchone():
            return False
    return True


def _kept_hashes(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    if not has_table(con, "closed", "frozen_files"):
        return {}
    kept: dict[str, dict[str, str]] = {}
    for period, table, sha256 in con.execute("select * from closed.frozen_files").fetchall():
        kept.setdefault(period, {})[table] = sha256
    return kept


def restore_frozen(con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger) -> list[str]:
    """Fill a warehouse that lacks periods which the ledger has as closed from their files, all of them or none; the periods.

    Every file is hashed first. Raises TollhouseError, and changes nothing, where one is not what was written.
    """
    there = closed_periods(con)
    lacking = {period: files for period, files in ledger.frozen_figures().items() if period not in there}
    if not lacking:
        return []
    refuse_damaged(settings, [file for files in lacking.values() for file in files])
    con.execute("begin")
    create_closed_schema(con)
    for files in lacking.values():
        for file in files:
            con.execute(
                f"insert into closed.{file.table} by name select * from read_parquet(?)",
                [str(settings.home / file.path)],
            )
    keep_hashes(con, [file for files in lacking.values() for file in files])
    for period in lacking:
        have_days_rebuilt(con, period, "its period was restored")
    con.execute("commit")
    return sorted(lacking)


def refuse_damaged(settings: Settings, files: Iterable[FrozenFile]) -> None:
    """Raise TollhouseError where a file of frozen figures is gone or not what was written: bills would be lost with it."""
    damaged = damaged_files(settings, files)
    if damaged:
        file, why = damaged[0]
        others = f" (and {len(damaged) - 1} more files)" if len(damaged) > 1 else ""
        raise TollhouseError(
            f"{settings.home / file.path} {why}{others}: it holds the {file.table} of the closed period {file.period}, and the "
            f"warehouse {settings.warehouse_path} does not hold them either. Put the file or the warehouse back from a "
            "backup: `tollhouse restore DIR --replace`. Nothing was computed"
        )


def damaged_files(settings: Settings, files: Iterable[FrozenFile]) -> list[tuple[FrozenFile, str]]:
    """The files that are gone or not what was written, each with what is wrong; every file is hashed."""
    found = []
    for file in files:
        path = settings.home / file.path
        if not path.is_file():
            found.append((file, "is gone"))
        elif path.stat().st_size != file.size_bytes or sha256_of(path) != file.sha256:
            found.append((file, "is not the file that was written at the closing: its SHA-256 differs"))
    return found


def missing_files(settings: Settings, files: Iterable[FrozenFile]) -> list[FrozenFile]:
    """The files that are gone or of another size than was written."""
    return [
        file
        for file in files
        if not (path := settings.home / file.path).is_file() or path.stat().st_size != file.size_bytes
    ]


def closed_periods(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The periods that the warehouse holds as closed."""
    if not has_table(con, "closed", "periods"):
        return set()
    return {period for (period,) in con.execute("select billing_period from closed.periods").fetchall()}


def _refuse_other_rows(
    con: duckdb.DuckDBPyConnection, settings: Settings, period: str, files: Sequence[FrozenFile]
) -> None:
    for file in files:
        found = _count(con, f"closed.{file.table} where {_condition(file.table, period)}")
        if found != file.rows:
            raise TollhouseError(
                f"the warehouse {settings.warehouse_path} has {found} {file.table} of the closed period {period}, which had "
                f"{file.rows} when it was closed, and of its files in {(settings.home / file.path).parent} some are gone or cut. "
                "Put the home back from a backup: `tollhouse restore DIR --replace`. Nothing was computed"
            )


def _condition(table: str, period: str) -> str:
    """Which rows of a table are of a period."""
    return _TABLES[table].condition.replace("$period", f"'{period}'")


def have_days_rebuilt(con: duckdb.DuckDBPyConnection, period: str, why: str) -> None:
    """Where the warehouse has computed days that the closing of a period decides, have the next run build them again: those of the
    period's frozen calls, of the calls that are billed in it, and of earlier calls that are billed later than in it."""
    if not (has_table(con, "state", "stale_days") and has_table(con, "intermediate", "int_calls_judged")):
        return
    con.execute(
        "insert into state.stale_days select distinct call_date, $why from ("
        "select call_date from closed.calls where billing_period = $period union all "
        "select call_date from intermediate.int_calls_judged where billing_period = $period "
        "or (billing_period > $period and strftime(call_date, '%Y-%m') <= $period)) on conflict do nothing",
        {"period": period, "why": why},
    )


def has_table(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether the warehouse has a table: one that an earlier version filled may lack some."""
    return bool(
        con.execute(
            "select 1 from information_schema.tables where table_catalog = current_database() and table_schema = ? and table_name = ?",
            [schema, table],
        ).fetchone()
    )


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    row = con.execute(f"select count(*) from {rows}").fetchone()
    assert row is not None
    return int(row[0])
