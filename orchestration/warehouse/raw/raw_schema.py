"""The raw schema: the tables and views that dbt reads, created from the ledger and the raw zone at the start of every run.

Tables for small facts, views over Parquet for rows. `create_book_inputs` comes before the book side of the graph,
`create_call_inputs` (the stale days and their calls) before the calls side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.branch_clock import branch_day, machine_day
from orchestration.call_columns import Stage, types_of, up_to
from orchestration.ingestion.customers.exports import export_path
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.ingestion.raw_parts import CheckedRawZone
from orchestration.ingestion.sources.declaration import days_until_collected
from orchestration.ledger.debit_requests import debit_requests
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import FileEntry
from orchestration.reference_book.reading import GateThreshold, gate_thresholds
from orchestration.reference_book.tables import GATE_DEFAULTS
from orchestration.settings import Settings
from orchestration.warehouse.closed.closed_schema import create_closed_schema
from orchestration.warehouse.connection import insert_rows
from orchestration.warehouse.file_verdicts.call_files import loaded_files
from orchestration.warehouse.file_verdicts.duplicates import find_duplicates, find_settlement_twins
from orchestration.warehouse.raw.export_history import create_history, snapshots_of
from orchestration.warehouse.raw.ledger_totals import create_ledger_totals
from orchestration.warehouse.raw.partial_records import (
    PieceLimits,
    add_duplicates_of_joined_calls,
    create_joined_pieces,
    last_days,
)
from orchestration.warehouse.raw.rating_sample import create_sample
from orchestration.warehouse.raw.reopenings import create_reopenings
from orchestration.warehouse.raw.reratings import create_reratings
from orchestration.warehouse.raw.settlements import create_settlements
from orchestration.warehouse.raw.suspense_retries import create_tries

_REGISTER = """
file_id varchar, file_kind varchar, source varchar, file_name varchar, switch_id varchar, bank_code varchar,
export_table varchar, file_date date, sequence_number bigint, file_status varchar, status_reason varchar,
effective_order bigint, declared_records bigint, declared_seconds bigint, read_records bigint, malformed_records bigint,
ignored_records bigint,
read_seconds bigint, data_rows bigint, set_aside_rows bigint, first_seen_on date, released_on date,
offending_records varchar, is_other_day_released boolean, is_date_doubted boolean, is_difference_accepted boolean
"""

_CALLS = types_of(up_to(Stage.RAW_SCHEMA))
_SET_ASIDE = {
    "file_id": "varchar", "line_number": "bigint", "record_text": "varchar", "field": "varchar", "reason": "varchar",
}  # fmt: skip
_DEBITS = {
    "file_id": "varchar", "line": "bigint", "account_id": "varchar", "bank_account": "varchar",
    "amount": "decimal(18, 2)", "result_code": "varchar", "collected_amount": "decimal(18, 2)",
    "is_cause_inferred": "boolean", "reason_text": "varchar", "line_kind": "varchar", "code_owner": "varchar",
    "is_return": "boolean", "reference": "varchar", "charge_amount": "decimal(18, 2)",
    "debited_on": "date", "billing_period": "varchar",
}  # fmt: skip
_DEBIT_BATCHES = {
    "file_id": "varchar", "bank_code": "varchar", "batch_id": "varchar", "billing_period": "varchar", "debited_on": "date",
    "records": "bigint", "total_amount": "decimal(18, 2)", "success_records": "bigint", "success_amount": "decimal(18, 2)",
    "trailer_records": "bigint", "detail_records": "bigint", "detail_total_amount": "decimal(18, 2)",
    "detail_success_records": "bigint", "detail_success_amount": "decimal(18, 2)", "totals_agree": "boolean",
    "result_scheme": "varchar", "pending_records": "bigint", "correction_records": "bigint", "passed_over_records": "bigint",
    "is_period_named": "boolean", "no_amount_records": "bigint", "charge_amount": "decimal(18, 2)",
}  # fmt: skip
_DEBIT_REQUESTS = """
bank_code varchar, batch_id varchar, line bigint, account_id varchar, billing_period varchar, bank_account varchar,
amount decimal(18, 2), requested_on date, debit_on date, asked_again_on date
"""
# To open a Parquet file costs 0.15 ms each time a model reads the view. Where small files are many, their rows are copied once.
_MOST_FILES_OF_A_VIEW = 200
_MOST_COPIED_BYTES = 100_000_000


@dataclass(frozen=True)
class RunFacts:
    """The facts of a run: its as-of date, and the first billing period (None before any CDR file is loaded)."""

    as_of: date
    first_billing_period: str | None


def default_as_of(ledger: FileLedger, published: date | None, today: date) -> date | None:
    """The default as-of date of a run: the newest date of the loaded files, never earlier than that of the
    current edition (`published`).

    Where nothing is loaded, the newest date among the other files whose date is not doubted, else the machine's day (`today`).
    None where no file has a date.
    """
    dated = [(entry, entry.file_date) for entry in ledger.files() if entry.file_date is not None]
    loaded = [day for entry, day in dated if entry.status == "loaded"]
    # The date of a rejected file comes from its name only and was never checked.
    others = [min(day, today) for entry, day in dated if not entry.is_held_for_date]
    dates = loaded or others or [today for _ in dated]
    return max([max(dates), *([] if published is None else [published])]) if dates else None


def run_facts(
    settings: Settings,
    ledger: FileLedger,
    closed_periods: Sequence[str],
    as_of: date | None,
    published: date | None = None,
) -> RunFacts | None:
    """The facts of a run, None where nothing with a date is registered.

    The as-of date is by default that of `default_as_of`. The first period is that of the earliest loaded CDR file (or the
    setting); a closed period stays the first.
    """
    if as_of is None:
        as_of = default_as_of(ledger, published, machine_day(settings))
        if as_of is None:
            return None
    loaded = [f.file_date for f in loaded_files(ledger, as_of)]
    first = settings.first_billing_period or (min(loaded).isoformat()[:7] if loaded else None)
    if closed_periods:
        first = min(closed_periods)
    return RunFacts(as_of, first)


def create_book_inputs(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    ledger: FileLedger,
    facts: RunFacts,
    thresholds: Mapping[str, GateThreshold] | None = None,
) -> None:
    """Everything in raw but the calls: the run's facts, the gates' thresholds (None: the defaults), the file register,
    exports, debits, the days with calls, and how the pieces of long calls are joined."""
    thresholds = gate_thresholds([]) if thresholds is None else thresholds
    loaded = loaded_files(ledger, facts.as_of)
    register = _listed_files(ledger, facts.as_of)
    zone = CheckedRawZone(settings.raw, ledger.raw_parts())
    con.execute("begin")
    con.execute("create or replace table raw.run_facts (as_of date, first_billing_period varchar)")
    con.execute("insert into raw.run_facts values (?, ?)", [facts.as_of, facts.first_billing_period])
    _create_thresholds(con, thresholds)
    _create_register(con, ledger, register, settings.time_zone)
    _create_exports(con, settings.raw, register, facts.as_of, zone)
    usable = [entry for entry in register if entry.status in ("loaded", "held")]
    banks = [entry.file_id for entry in usable if entry.file_kind == "bank"]
    _create_view(con, "debits", _DEBITS, _existing(settings.raw / "debits", banks), zone)
    _create_view(con, "debit_batches", _DEBIT_BATCHES, _existing(settings.raw / "debit_batches", banks), zone)
    _create_debit_requests(con, ledger, facts.as_of)
    _create_banks_by_exception(con, banks_by_exception(settings, register))
    create_reratings(con, ledger, facts.as_of)
    create_reopenings(con, settings, ledger, facts.as_of)
    create_settlements(con, ledger, facts.as_of, settings.time_zone)
    rest = [entry.file_id for entry in usable if entry.file_kind != "cdr" and entry.set_aside_rows]
    _create_view(con, "set_aside_rows", _SET_ASIDE, _existing(settings.raw / "malformed", rest), zone)
    create_closed_schema(con)
    create_tries(con)
    create_sample(con)
    zone.check(_existing(settings.raw / "pieces", [file.file_id for file in loaded]))
    create_joined_pieces(con, settings.raw, loaded, facts.as_of, PieceLimits.of(thresholds))
    create_ledger_totals(con, ledger, register)
    reach = last_days(con, _days_of_calls(ledger, {f.file_id for f in loaded}))
    con.execute("create or replace table raw.call_days (call_date date, last_day date)")
    insert_rows(con, "raw.call_days", [[day, last] for day, last in sorted(reach.items())])
    reached = {date.fromordinal(n) for day, last in reach.items() for n in range(day.toordinal(), last.toordinal() + 1)}
    con.execute("create or replace table raw.clock_days (day date)")
    insert_rows(con, "raw.clock_days", [[day] for day in sorted(reached)])
    con.execute("create table if not exists raw.stale_days (call_date date)")
    con.execute("commit")


def create_call_inputs(
    con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger, facts: RunFacts, stale: Iterable[date]
) -> None:
    """The stale days, the calls of the loaded files that began on them, and which of those repeat an earlier one."""
    stale = sorted(stale)
    files = loaded_files(ledger, facts.as_of)
    touched = {day.file_id for day in ledger.call_days() if day.call_date in set(stale)}
    near = [f for f in files if f.file_id in touched]
    zone = CheckedRawZone(settings.raw, ledger.raw_parts())
    paths = [settings.raw / "calls" / f"{f.file_id}.parquet" for f in near]
    zone.check(paths)
    find_duplicates(con, settings.raw / "calls", near, stale, "found_duplicates")
    find_settlement_twins(con, "found_duplicates", "found_twins")
    con.execute("begin")
    con.execute("create or replace table raw.stale_days (call_date date)")
    insert_rows(con, "raw.stale_days", [[day] for day in stale])
    _create_view(con, "calls", _CALLS, paths, zone)
    con.execute(
        "create or replace table raw.duplicate_calls as select file_id || ':' || record_number as call_id, "
        "original_file_id || ':' || original_record_number as original_call_id from found_duplicates"
    )
    add_duplicates_of_joined_calls(con)
    con.execute(
        "create or replace table raw.settlement_twins as select file_id || ':' || record_number as call_id, "
        "first_file_id || ':' || first_record_number as first_call_id, has_calling, has_called, has_unsaid from found_twins"
    )
    con.execute("commit")


def _create_thresholds(con: duckdb.DuckDBPyConnection, thresholds: Mapping[str, GateThreshold]) -> None:
    con.execute(
        "create or replace table raw.gate_thresholds "
        "(gate_id varchar, warn_above decimal(18, 6), hold_above decimal(18, 6), is_known boolean)"
    )
    rows = [[t.gate_id, t.warn_above, t.hold_above, t.gate_id in GATE_DEFAULTS] for t in thresholds.values()]
    insert_rows(con, "raw.gate_thresholds", rows)


def _listed_files(ledger: FileLedger, as_of: date) -> list[FileEntry]:
    """The registered files that a run as of a day knows: those dated by then.

    What is held for its date is listed in any case: its date is what nobody believes. So is what is held or rejected and
    dated after the newest loaded file, unless the run is as of an earlier day: otherwise it would not be reported.
    """
    files = ledger.files()
    newest_loaded = max((e.file_date for e in files if e.status == "loaded" and e.file_date is not None), default=None)
    is_of_today = newest_loaded is None or as_of >= newest_loaded
    return [
        entry
        for entry in files
        if entry.file_date is None
        or entry.file_date <= as_of
        or entry.is_held_for_date
        or (is_of_today and entry.status in ("held", "rejected"))
    ]


def _create_register(
    con: duckdb.DuckDBPyConnection, ledger: FileLedger, register: Sequence[FileEntry], time_zone: str
) -> None:
    """The files with the days, by the branch's clock, on which they were first seen and released."""
    released_calls = {decision.file_id for decision in ledger.decisions("release_calls")}
    accepted = {decision.file_id for decision in ledger.decisions("accept_totals")}
    released_on = {
        decision.file_id: branch_day(decision.decided_at, time_zone) for decision in ledger.decisions("release_file")
    }
    # Earlier versions let in a bank file with unreadable lines by the release alone, without --accept-totals.
    accepted |= {e.file_id for e in register if e.file_kind == "bank" and e.set_aside_rows and e.file_id in released_on}
    con.execute(f"create or replace table raw.file_register ({_REGISTER})")
    rows = [
        [
            e.file_id, e.file_kind, e.source, e.file_name, e.switch_id, e.bank_code, e.export_table, e.file_date,
            e.sequence_number, e.status, e.status_reason, e.effective_order,
            e.trailer_records if e.declared_records is None else e.declared_records, e.declared_seconds,
            e.read_records, e.malformed_records, e.ignored_records, e.read_seconds, e.data_rows, e.set_aside_rows,
            branch_day(e.first_seen_at, time_zone), released_on.get(e.file_id),
            "; ".join(record.text for record in e.offending_records) or None,
            e.file_id in released_calls, e.is_held_for_date, e.status == "loaded" and e.file_id in accepted,
        ]
        for e in register
    ]  # fmt: skip
    insert_rows(con, "raw.file_register", rows)


def _create_exports(
    con: duckdb.DuckDBPyConnection, raw: Path, register: Sequence[FileEntry], as_of: date, zone: CheckedRawZone
) -> None:
    """Per export table its newest snapshot, and of all but those of NEWEST_ALONE what every loaded snapshot held."""
    con.execute(
        "create or replace table raw.crm_snapshots (export_table varchar, snapshot_date date, file_id varchar, is_newest boolean, "
        "earliest_paid_at timestamp)"
    )
    create_history(con, raw, register, as_of, zone)
    rows = []
    for table, export in EXPORT_TABLES.items():
        snapshots = snapshots_of(register, table)
        newest = max(snapshots, default=None)
        rows += [[table, day, entry.file_id, day == newest, None] for day, entry in snapshots.items()]
        paths = [] if newest is None else [export_path(raw, table, snapshots[newest].file_id)]
        _create_view(con, f"crm_{table}", export.columns, paths, zone)
    if rows:
        insert_rows(con, "raw.crm_snapshots", rows)
    con.execute(
        "update raw.crm_snapshots as snapshots set earliest_paid_at = built.earliest_paid_at "
        "from state.crm_history_snapshots as built where snapshots.export_table = built.export_table "
        "and snapshots.snapshot_date = built.snapshot_date and snapshots.export_table = 'payments'"
    )


def _create_debit_requests(con: duckdb.DuckDBPyConnection, ledger: FileLedger, as_of: date) -> None:
    """The lines of the requests that had gone out by the as-of date."""
    con.execute(f"create or replace table raw.debit_requests ({_DEBIT_REQUESTS})")
    batches = [batch for batch in debit_requests(ledger.path) if batch.requested_on <= as_of]
    rows: list[list[object]] = []
    asked_later: dict[tuple[str, str], date] = {}
    for batch in sorted(batches, key=lambda one: (one.requested_on, one.batch_id), reverse=True):
        bills = [[(bill.bill_account_id, batch.billing_period) for bill in line.bills] for line in batch.lines]
        rows += [
            [
                batch.bank_code, batch.batch_id, line.line, line.account_id, batch.billing_period, line.bank_account, line.amount,
                batch.requested_on, batch.debit_on, min((asked_later[bill] for bill in of_line if bill in asked_later), default=None),
            ]
            for line, of_line in zip(batch.lines, bills, strict=True)
        ]  # fmt: skip
        asked_later |= {bill: batch.requested_on for of_line in bills for bill in of_line}
    insert_rows(con, "raw.debit_requests", rows)


def banks_by_exception(settings: Settings, register: Iterable[FileEntry]) -> dict[str, int]:
    """Of the banks whose files list failures only, bank_code → days, by the sources file, its formats and what was delivered."""
    return days_until_collected(
        settings, {(e.bank_code, e.format) for e in register if e.file_kind == "bank" and e.bank_code is not None}
    )


def _create_banks_by_exception(con: duckdb.DuckDBPyConnection, days: Mapping[str, int]) -> None:
    con.execute("create or replace table raw.banks_by_exception (bank_code varchar, days integer)")
    insert_rows(con, "raw.banks_by_exception", [list(row) for row in days.items()])


def _days_of_calls(ledger: FileLedger, file_ids: set[str]) -> dict[date, date]:
    """Per call date of the files the last day that one of its records reaches into."""
    reach: dict[date, date] = {}
    for day in ledger.call_days():
        if day.file_id in file_ids:
            last = date.fromordinal(day.call_date.toordinal() + day.reached_days)
            reach[day.call_date] = max(reach.get(day.call_date, last), last)
    return reach


def _existing(folder: Path, file_ids: Iterable[str]) -> list[Path]:
    """Files without such rows (no set-aside line, no batch) have no Parquet."""
    return [path for file_id in file_ids if (path := folder / f"{file_id}.parquet").is_file()]


def _create_view(
    con: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], paths: Sequence[Path], zone: CheckedRawZone
) -> None:
    """Make raw.<name> of Parquet files, which are checked first: a view of them, or a table of their rows where they are many
    and small."""
    zone.check(paths)
    is_copied = len(paths) > _MOST_FILES_OF_A_VIEW and sum(path.stat().st_size for path in paths) <= _MOST_COPIED_BYTES
    kind, other = ("table", "view") if is_copied else ("view", "table")
    listed = ", ".join(f"'{_quoted(path)}'" for path in paths)
    query = f"select {', '.join(columns)} from read_parquet([{listed}])" if paths else _empty(columns)
    if con.execute(
        "select 1 from information_schema.tables where table_catalog = current_database() and table_schema = 'raw' "
        "and table_name = ? and table_type = ?",
        [name, "BASE TABLE" if other == "table" else "VIEW"],
    ).fetchone():
        con.execute(f"drop {other} raw.{name}")
    con.execute(f"create or replace {kind} raw.{name} as {query}")


def _empty(columns: Mapping[str, str]) -> str:
    return f"select {', '.join(f'cast(null as {kind}) as {column}' for column, kind in columns.items())} where false"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
