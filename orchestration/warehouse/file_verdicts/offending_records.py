"""The first records that a file is held for, as they are in the raw zone, kept with the verdict in the ledger.

Other modules decide why a file is held (warehouse/file_verdicts/call_files.py, ingestion/bank/results.py); nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.ingestion.cdr.formats.model import RECORD_COLUMNS
from orchestration.ingestion.file_reading.malformed_rows import first_set_aside
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import OFFENDING_RECORDS_KEPT, FileEntry, OffendingRecord

_LONGEST_TEXT = 160

# A record of raw/calls in the columns of the canonical file, the numbers normalised.
_TEXTS = ", ".join(f"coalesce(cast(calls.{name} as varchar), '')" for name in RECORD_COLUMNS)
_RECORD_TEXT = f"concat_ws(',', {_TEXTS})"


def malformed_records(raw: Path, file_id: str) -> list[OffendingRecord]:
    """The first lines that could not be read, of a file of any kind."""
    lines = first_set_aside(raw, file_id, OFFENDING_RECORDS_KEPT)
    return [OffendingRecord(line.line_number, f"{line.field} {line.reason}", _cut(line.record_text)) for line in lines]


def duplicate_records(
    con: duckdb.DuckDBPyConnection, raw: Path, ledger: FileLedger, file_id: str, duplicates: str
) -> list[OffendingRecord]:
    """The first records of a file that the table `duplicates` has, each with the record that it repeats."""
    rows = con.execute(
        f"select calls.line_number, found.original_file_id, found.original_record_number, {_RECORD_TEXT} "
        f"from read_parquet(?) as calls inner join {duplicates} as found using (file_id, record_number) "
        "order by calls.line_number limit ?",
        [_calls(raw, file_id), OFFENDING_RECORDS_KEPT],
    ).fetchall()
    return [
        OffendingRecord(line, f"repeats record {number} of {ledger.file(original).file_name}", _cut(text))
        for line, original, number, text in rows
    ]


def other_day_records(
    con: duckdb.DuckDBPyConnection, raw: Path, file_id: str, duplicates: str
) -> list[OffendingRecord]:
    """The first records of a file that began on another day and repeat nothing."""
    rows = con.execute(
        f"select calls.line_number, calls.call_date, {_RECORD_TEXT} from read_parquet(?) as calls "
        f"anti join {duplicates} as found using (file_id, record_number) where calls.is_other_day "
        "order by calls.line_number limit ?",
        [_calls(raw, file_id), OFFENDING_RECORDS_KEPT],
    ).fetchall()
    return [OffendingRecord(line, f"is of {day}", _cut(text)) for line, day, text in rows]


def bank_file_records(
    con: duckdb.DuckDBPyConnection, raw: Path, entry: FileEntry, result_codes: Mapping[tuple[str, str], object]
) -> list[OffendingRecord]:
    """The first lines of a bank file that could not be read, else those whose result code the book does not know.

    Where totals disagree though every line is understood no one line is at fault: the reason names the difference.
    """
    unread = malformed_records(raw, entry.file_id)
    debits = raw / "debits" / f"{entry.file_id}.parquet"
    if unread or not debits.is_file():
        return unread
    known = sorted(f"{owner}:{code}" for owner, code in result_codes)
    rows = con.execute(
        "select line, result_code, concat_ws('|', line, account_id, bank_account, amount, result_code) "
        "from read_parquet(?) where line_kind = 'debit' "
        "and not list_contains(cast(? as varchar[]), code_owner || ':' || result_code) order by line limit ?",
        [str(debits), known, OFFENDING_RECORDS_KEPT],
    ).fetchall()
    return [
        OffendingRecord(line, f"result code {code} is not in debit_result_codes", _cut(text))
        for line, code, text in rows
    ]


def _calls(raw: Path, file_id: str) -> str:
    return str(raw / "calls" / f"{file_id}.parquet")


def _cut(text: str) -> str:
    """One line, short enough for a list; the whole text stays in the landed file."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"
