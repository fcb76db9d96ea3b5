"""The history of the customer exports in the warehouse: in which snapshots each form of a row stood (SPEC 3.3).

`state.crm_<table>_history` has one row per form of a row and stretch of snapshots that have it: `seen_from` is the date of the first
of them, `gone_on` that of the first snapshot after them, null while the newest has it. So a snapshot that changes nothing
writes nothing, and a run reads only the snapshots that came since the last one. Snapshots that come late, are released or are
decoded again undo the history back to their date, and it is written again from there.

What a row means that a newer snapshot no longer has is the models' matter (models/intermediate/exports).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.ingestion.cdr.rules import literal
from orchestration.ingestion.customers.exports import export_path, keys_path
from orchestration.ingestion.customers.tables import EXPORT_TABLES, NEWEST_ALONE, ExportTable
from orchestration.ingestion.raw_parts import CheckedRawZone
from orchestration.ledger.schema import FileEntry

TABLES_WITH_HISTORY = tuple(table for table in EXPORT_TABLES if table not in NEWEST_ALONE)
HISTORY_COLUMNS = {"seen_from": "date", "gone_on": "date"}


@dataclass(frozen=True)
class _Snapshot:
    """A loaded snapshot; two with the same content hold the same rows."""

    snapshot_date: date
    file_id: str
    content: str


def snapshots_of(register: Sequence[FileEntry], table: str) -> dict[date, FileEntry]:
    """The loaded snapshots of a table by their dates, oldest first; of two of one day the one registered or released last."""
    found: dict[date, FileEntry] = {}
    for entry in sorted(register, key=lambda one: one.effective_order or one.seen_order):
        if entry.export_table == table and entry.status == "loaded" and entry.file_date is not None:
            found[entry.file_date] = entry
    return dict(sorted(found.items()))


def create_history(
    con: duckdb.DuckDBPyConnection, raw: Path, register: Sequence[FileEntry], as_of: date, zone: CheckedRawZone
) -> None:
    """Bring the history of every table up to the loaded snapshots, and create raw.crm_<table>_history as of the date. `zone`
    is the raw zone at `raw`.

    Needs an open transaction.
    """
    con.execute(
        "create table if not exists state.crm_history_snapshots "
        "(export_table varchar, snapshot_date date, file_id varchar, content varchar, earliest_paid_at timestamp)"
    )
    for table in TABLES_WITH_HISTORY:
        _bring_up_to_date(con, raw, table, snapshots_of(register, table), zone)
        columns = ", ".join(EXPORT_TABLES[table].columns)
        day = f"date '{as_of}'"
        # The history may know of later snapshots, where this run is as of an earlier day than the last one.
        con.execute(
            f"create or replace view raw.crm_{table}_history as select {columns}, seen_from, "
            f"case when gone_on <= {day} then gone_on end as gone_on from {_history(table)} where seen_from <= {day}"
        )


def _history(table: str) -> str:
    return f"state.crm_{table}_history"


def _bring_up_to_date(
    con: duckdb.DuckDBPyConnection, raw: Path, table: str, entries: dict[date, FileEntry], zone: CheckedRawZone
) -> None:
    _create_table(con, table)
    wanted = [
        _Snapshot(day, entry.file_id, f"{entry.content_sha256} {entry.decoded_with}") for day, entry in entries.items()
    ]
    built = [
        _Snapshot(*row)
        for row in con.execute(
            "select snapshot_date, file_id, content from state.crm_history_snapshots where export_table = ? "
            "order by snapshot_date",
            [table],
        ).fetchall()
    ]
    common = 0
    while common < min(len(wanted), len(built)) and wanted[common] == built[common]:
        common += 1
    if common == len(wanted):
        return
    if common < len(built):
        _go_back(con, table, built[common - 1].snapshot_date if common else None)
    before = wanted[common - 1] if common else None
    for snapshot in wanted[common:]:
        if before is None or before.content != snapshot.content:
            zone.check([export_path(raw, table, snapshot.file_id), keys_path(raw, snapshot.file_id)])
            _add(con, raw, table, snapshot)
        earliest = (
            f"(select min(paid_at) from {_history(table)} where gone_on is null)" if table == "payments" else "null"
        )
        con.execute(
            f"insert into state.crm_history_snapshots select ?, ?, ?, ?, {earliest}",
            [table, snapshot.snapshot_date, snapshot.file_id, snapshot.content],
        )
        before = snapshot


def _create_table(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """The table's history, made again where it has other columns than the export has now."""
    columns = {**EXPORT_TABLES[table].columns, **HISTORY_COLUMNS}
    found = con.execute(
        "select column_name, data_type from information_schema.columns where table_schema = 'state' and table_name = ? "
        "order by ordinal_position",
        [f"crm_{table}_history"],
    ).fetchall()
    if [(name, kind.upper()) for name, kind in columns.items()] == found:
        return
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    con.execute(f"create or replace table {_history(table)} ({listed})")
    con.execute("delete from state.crm_history_snapshots where export_table = ?", [table])


def _go_back(con: duckdb.DuckDBPyConnection, table: str, last: date | None) -> None:
    """Undo what the snapshots after `last` (None: all of them) wrote."""
    if last is None:
        con.execute(f"delete from {_history(table)}")
        con.execute("delete from state.crm_history_snapshots where export_table = ?", [table])
        return
    con.execute(f"delete from {_history(table)} where seen_from > ?", [last])
    con.execute(f"update {_history(table)} set gone_on = null where gone_on > ?", [last])
    con.execute("delete from state.crm_history_snapshots where export_table = ? and snapshot_date > ?", [table, last])


def _add(con: duckdb.DuckDBPyConnection, raw: Path, table: str, snapshot: _Snapshot) -> None:
    """Write what a snapshot changes. A row of which only the key can be read stays in its newest readable form."""
    export = EXPORT_TABLES[table]
    history, day = _history(table), f"date '{snapshot.snapshot_date}'"
    columns, keys = ", ".join(export.columns), ", ".join(export.key)
    rows = f"read_parquet({literal(str(export_path(raw, table, snapshot.file_id)))})"
    unreadable = keys_path(raw, snapshot.file_id)
    has_unreadable = unreadable.is_file()
    if has_unreadable:
        con.execute(
            f"create or replace temp table unreadable_keys as select distinct {keys} from read_parquet({literal(str(unreadable))})"
        )
    con.execute(
        f"""
        create or replace temp table snapshot_changes as
        select
            {", ".join(f"coalesce(new_rows.{key}, old_rows.{key}) as the_{key}" for key in export.key)},
            {", ".join(f"new_rows.{column}" for column in export.columns)},
            new_rows.{export.key[0]} is not null as is_there,
            old_rows.{export.key[0]} is not null as stood
        from (select * from {history} where gone_on is null) as old_rows
        full join (select {columns} from {rows}) as new_rows
            on {" and ".join(f"old_rows.{key} = new_rows.{key}" for key in export.key)}
        where old_rows.{export.key[0]} is null or new_rows.{export.key[0]} is null or {_differ(export)}
        """
    )
    same_key = " and ".join(f"history.{key} = changes.the_{key}" for key in export.key)
    changed_keys = ", ".join(f"changes.the_{key}" for key in export.key)
    stands_on = (
        f" and (changes.is_there or ({changed_keys}) not in (select ({keys}) from unreadable_keys))"
        if has_unreadable
        else ""
    )
    con.execute(
        f"update {history} as history set gone_on = {day} from snapshot_changes as changes "
        f"where history.gone_on is null and changes.stood and {same_key}{stands_on}"
    )
    con.execute(f"insert into {history} select {columns}, {day}, null from snapshot_changes where is_there")
    if has_unreadable:
        con.execute(
            f"""
            insert into {history}
            select {", ".join(f"newest.{column}" for column in export.columns)}, {day}, null
            from (
                select *, row_number() over (partition by {keys} order by seen_from desc) as recency,
                    bool_or(gone_on is null) over (partition by {keys}) as stands
                from {history}
                where ({keys}) in (select ({keys}) from unreadable_keys)
            ) as newest
            where recency = 1 and not stands
            """
        )


def _differ(export: ExportTable) -> str:
    rest = [column for column in export.columns if column not in export.key]
    return "(" + " or ".join(f"old_rows.{column} is distinct from new_rows.{column}" for column in rest) + ")"
