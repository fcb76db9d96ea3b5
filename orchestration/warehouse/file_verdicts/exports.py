"""Verdicts on customer-system exports (SPEC 4): a spoilt snapshot is held, and the one before it stays in force.

Reading an export is in ingestion/customers/exports.py; what a row means is the warehouse's.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.ingestion.customers.exports import DUPLICATE_KEY, export_path, keys_path
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.ingestion.file_reading.file_faults import fault_text, is_of_the_machine
from orchestration.ingestion.file_reading.malformed_rows import first_set_aside, set_aside_reasons
from orchestration.ledger.file_ledger import UNREADABLE, FileLedger
from orchestration.ledger.schema import OFFENDING_RECORDS_KEPT, FileEntry, OffendingRecord

#: A snapshot with fewer rows is too small to compare the next one with it.
FEWEST_ROWS_TO_COMPARE = 20
#: Columns that identify the subject of a row.
IDS_COMPARED = ("customer_id", "account_id", "service_number", "subscription_id")
_LONGEST_TEXT = 500


def check_exports(
    ledger: FileLedger, raw: Path, most_unreadable: Decimal | None, least_kept: Decimal | None
) -> list[FileEntry]:
    """Decide the verdict on the decoded exports that have none, by date and order: loaded, held or (where that cannot be
    decided) rejected. Returns those that are not loaded.

    An export is held with a share of unreadable rows above `most_unreadable` (export_rows), or with fewer than the share
    `least_kept` of the rows of the snapshot before (export_shrink). None means that there is no such gate.
    """
    stopped = []
    with ledger.transaction():
        exports = ledger.files("customers")
        loaded = [entry for entry in exports if entry.status == "loaded"]
        new = [entry for entry in exports if entry.status == "registered" and entry.decoded_with is not None]
        for entry in sorted(new, key=lambda one: (str(one.file_date), one.seen_order)):
            records: list[OffendingRecord] = []
            try:
                reason = (
                    entry.content_fault
                    or _rows_fault(entry, _unreadable_rows(raw, entry), most_unreadable)
                    or _shrink_fault(entry, loaded, least_kept)
                    or _window_fault(raw, entry, loaded, least_kept)
                    or _zeros_fault(raw, entry, loaded)
                )
                status = "loaded" if reason is None else "held"
                if status == "held":
                    records = _first_records(raw, entry)
            except Exception as error:
                if is_of_the_machine(error):
                    raise
                status, reason = "rejected", f"{UNREADABLE}{fault_text(error, 'checked')}"
            ledger.set_status(entry.file_id, status, reason, records)
            if status == "loaded":
                loaded.append(ledger.file(entry.file_id))
            else:
                stopped.append(ledger.file(entry.file_id))
    return stopped


def _first_records(raw: Path, entry: FileEntry) -> list[OffendingRecord]:
    """The first rows that could not be read, each in as many characters as a list can show."""
    return [
        OffendingRecord(line.line_number, f"{line.field} {line.reason}", line.record_text[:_LONGEST_TEXT])
        for line in first_set_aside(raw, entry.file_id, OFFENDING_RECORDS_KEPT)
    ]


def _unreadable_rows(raw: Path, entry: FileEntry) -> int:
    """The rows set aside but those that repeat a key: they can be read, the first of them counts, and they are named."""
    if not entry.set_aside_rows:
        return 0
    return sum(not reason.startswith(DUPLICATE_KEY) for reason in set_aside_reasons(raw, entry.file_id))


def _rows_fault(entry: FileEntry, unreadable: int, most_unreadable: Decimal | None) -> str | None:
    if most_unreadable is None or unreadable <= most_unreadable * entry.data_rows:
        return None
    share = (Decimal(unreadable * 100) / entry.data_rows).quantize(Decimal("0.01")).normalize()
    return (
        f"{unreadable} of {entry.data_rows} rows cannot be read ({share:f} %): more than the share of "
        f"{most_unreadable.normalize():f} allowed (export_rows)"
    )


def _shrink_fault(entry: FileEntry, loaded: Sequence[FileEntry], least_kept: Decimal | None) -> str | None:
    """Compared with the newest loaded snapshot of the table of an earlier day; rows that cannot be read count."""
    assert entry.file_date is not None, "a name of the pattern has a date"
    if least_kept is None:
        return None
    before = _snapshot_before(entry, loaded)
    if before is None or before.data_rows < FEWEST_ROWS_TO_COMPARE or entry.data_rows >= least_kept * before.data_rows:
        return None
    return (
        f"{entry.data_rows} rows, {before.file_name} has {before.data_rows}: fewer than the share of "
        f"{least_kept.normalize():f} (export_shrink)"
    )


def _window_fault(raw: Path, entry: FileEntry, loaded: Sequence[FileEntry], least_kept: Decimal | None) -> str | None:
    """Payments that an export lacks count as deleted where it holds one paid earlier. A window of the last weeks that holds a
    single payment of long ago would delete all those between."""
    before = _snapshot_before(entry, loaded)
    if entry.export_table != "payments" or least_kept is None or before is None:
        return None
    payments = pq.read_table(export_path(raw, "payments", entry.file_id), columns=["payment_id", "paid_at"])
    earliest = pc.min(payments["paid_at"])
    if not earliest.is_valid:
        return None
    known = pq.read_table(export_path(raw, "payments", before.file_id), columns=["payment_id", "paid_at"])
    later = set(known.filter(pc.greater(known["paid_at"], earliest))["payment_id"].to_pylist())
    held = set(payments["payment_id"].to_pylist())
    broken = keys_path(raw, entry.file_id)
    if broken.is_file():
        held |= set(pq.read_table(broken, columns=["payment_id"])["payment_id"].to_pylist())
    if len(later) < FEWEST_ROWS_TO_COMPARE or len(later & held) >= least_kept * len(later):
        return None
    return (
        f"its earliest payment is of {earliest.as_py():%Y-%m-%d}, and {len(later - held)} of the {len(later)} payments that "
        f"{before.file_name} has after that are not in it: they would count as deleted. Fewer than the share of "
        f"{least_kept.normalize():f} are there (export_shrink)"
    )


def _zeros_fault(raw: Path, entry: FileEntry, loaded: Sequence[FileEntry]) -> str | None:
    """An id that has lost its leading zeros is somebody else's: 123 came, and the 00123 of the snapshot before is gone."""
    assert entry.export_table is not None, "a name of the pattern has a table"
    before = _snapshot_before(entry, loaded)
    if before is None:
        return None
    columns = EXPORT_TABLES[entry.export_table].columns
    for column in (name for name in IDS_COMPARED if name in columns):
        theirs = _values(raw, before, column)
        with_zeros = theirs.filter(pc.match_substring_regex(theirs, "^0+[1-9][0-9]*$")).to_pylist()
        if not with_zeros:
            continue
        ours, of_before = set(_values(raw, entry, column).to_pylist()), set(theirs.to_pylist())
        lost = {text.lstrip("0"): text for text in with_zeros if text not in ours}
        shortened = sorted((ours - of_before) & lost.keys())
        if shortened:
            return (
                f"{len(shortened)} values of {column} have lost their leading zeros, as in a spreadsheet: "
                f"{shortened[0]} was {lost[shortened[0]]} in {before.file_name}"
            )
    return None


def _values(raw: Path, entry: FileEntry, column: str) -> pa.ChunkedArray:
    """The different values of a column of an export."""
    assert entry.export_table is not None, "a name of the pattern has a table"
    return pq.read_table(export_path(raw, entry.export_table, entry.file_id), columns=[column])[column].unique()


def _snapshot_before(entry: FileEntry, loaded: Sequence[FileEntry]) -> FileEntry | None:
    """The newest loaded snapshot of the same table of an earlier day."""
    assert entry.file_date is not None, "a name of the pattern has a date"
    earlier = [
        other
        for other in loaded
        if other.export_table == entry.export_table
        and other.file_date is not None
        and other.file_date < entry.file_date
    ]
    return max(earlier, key=lambda other: (str(other.file_date), other.effective_order or 0), default=None)
