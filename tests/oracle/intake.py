"""Intake: which files are loaded, held or rejected, and the states malformed, held, duplicate and other_day.

The later states (not_answered to rated) are set in `rating`.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from . import debits, exports
from .asterisk import read_asterisk
from .book import Book
from .files import InboxFile
from .records import STATES, Record, read_records

Row = dict[str, Any]
Firsts = dict[tuple[Any, ...], list[Record]]

DUPLICATE_WINDOW = timedelta(days=90)

#: States that a record has before its file is judged, and keeps.
NO_CALLS = ("malformed", "ignored")


def read_control(file: InboxFile) -> bool:
    """Take the declared counts from the `.ctl` companion, where there is one; False where it cannot be read."""
    control = file.path.with_name(file.name + ".ctl")
    if not control.is_file():
        return True
    for line in control.read_bytes().decode("utf-8", errors="replace").splitlines():
        if not line.strip():
            continue
        match = re.fullmatch(r"(records|seconds)\s*=\s*([0-9]+)", line.strip())
        if match is None:
            return False
        if match[1] == "records":
            file.declared_records = int(match[2])
        else:
            file.declared_seconds = int(match[2])
    return True


def read_seconds(file: InboxFile) -> int:
    """The duration of the records that are neither malformed nor ignored."""
    return sum(record.duration_seconds for record in file.records if record.state not in NO_CALLS)


def read(file: InboxFile, book: Book) -> bool:
    """Read the file by its kind; False where it is unreadable."""
    if file.kind == "cdr":
        switch = book.switches.get(file.source_key)
        form = "asterisk" if file.source.startswith("asterisk/") else "canonical"
        if switch is not None and switch["cdr_format"] != form:
            raise ValueError(f"the book says that {file.name} is of another format than {form}")
        return (read_asterisk if form == "asterisk" else read_records)(file, known_switch=switch is not None)
    if file.kind == "bank":
        file.batch = debits.read_batch(file.content)
        return file.batch is not None
    return exports.read_export(file)


def size_in_records(file: InboxFile) -> int:
    """How many records a CDR or bank file holds; an export has no records in this sense."""
    if file.kind == "cdr":
        return len(file.records)
    return len(file.batch.details) + file.batch.broken_lines if file.kind == "bank" else 0


def repeats_earlier(file: InboxFile, earlier: list[InboxFile]) -> str | None:
    """Why the file is a repetition of an earlier one, None where it is not."""
    for other in earlier:
        same_name = other.source == file.source and other.plain_name == file.plain_name
        if same_name and other.status != "rejected" and other.sha256 != file.sha256:
            return f"same name as {other.name} with other content"
    for other in earlier:
        if other.status == "loaded" and other.sha256 == file.sha256 and size_in_records(file) > 0:
            return f"same content as {other.name}"
    return None


def is_other_day(record: Record) -> bool:
    """Whether the call is not the file's date's, nor began in the seven days before and ended on the file's date or later."""
    file_date = record.file.file_date
    assert file_date is not None
    if record.call_date == file_date:
        return False
    days_before = (file_date - record.call_date).days
    reaches_in = 0 < days_before <= 7 and record.ended_at.date() >= file_date
    return not reaches_in


def first_of(record: Record, firsts: Firsts) -> Record | None:
    """The earlier record that this one repeats: of the same file, or of a file at most 90 days away."""
    for first in firsts.get(record.key, []):
        assert first.file.file_date is not None and record.file.file_date is not None
        if abs(first.file.file_date - record.file.file_date) <= DUPLICATE_WINDOW:
            return first
    return None


def set_first_states(file: InboxFile, firsts: Firsts) -> None:
    """Duplicate or other_day, record by record as the file has them, as if the file were not held.

    What can be the first of later duplicates joins `firsts` only if the file turns out to be loaded.
    """
    own: Firsts = {}
    for record in file.records:
        if record.state in NO_CALLS:
            continue
        original = first_of(record, firsts) or first_of(record, own)
        if original is not None:
            record.state, record.original = "duplicate", original
        elif is_other_day(record):
            record.state, record.reason = "other_day", "the call is not of the file's date"
        else:
            own.setdefault(record.key, []).append(record)


def judge_records(file: InboxFile, book: Book, control_is_read: bool) -> None:
    """Hold the file where its `.ctl` disagrees or too great a share of its records is bad."""
    if not control_is_read:
        file.hold(".ctl cannot be read")
    elif file.declared_records is not None and file.declared_records != len(file.records):
        file.hold(".ctl disagrees on the records")
    elif file.declared_seconds is not None and file.declared_seconds != read_seconds(file):
        file.hold(".ctl disagrees on the seconds")
    else:
        counted = sum(record.state != "ignored" for record in file.records)
        for gate_id in ("malformed", "duplicate", "other_day"):
            limit = book.hold_above(gate_id)
            hits = sum(record.state == gate_id for record in file.records)
            if limit is not None and counted and Fraction(hits, counted) > Fraction(limit):
                file.hold(f"share of {gate_id} records above {limit}")
                break
    if file.status == "held":
        for record in file.records:
            if record.state not in NO_CALLS:
                record.state, record.reason, record.original = "held", "its file is held", None


def hold_odd_dates(files: list[InboxFile], gap: Decimal | None) -> None:
    """Hold the files that lie far from the others by the dates in their names. The machine's day is not asked here."""
    dated = sorted((file for file in files if file.file_date is not None), key=lambda file: file.file_date or date.min)
    groups: list[list[InboxFile]] = []
    for file in dated:
        near = groups and gap is not None and days_between(groups[-1][-1], file) <= gap
        if groups and (gap is None or near):
            groups[-1].append(file)
        else:
            groups.append([file])
    size = max(map(len, groups), default=0)
    branch = max((position for position, group in enumerate(groups) if len(group) == size), default=0)
    for position, group in enumerate(groups):
        is_alone = len({file.file_date for file in group}) == 1
        if position < branch or (position > branch and is_alone):
            for file in group:
                if file.status != "rejected":
                    file.is_dated_oddly = True
                    file.hold("its date lies far from the others")


def days_between(earlier: InboxFile, later: InboxFile) -> int:
    """Days from the date of a file to that of a later one."""
    assert earlier.file_date is not None and later.file_date is not None
    return (later.file_date - earlier.file_date).days


def judge_export(file: InboxFile, book: Book, earlier: list[InboxFile]) -> None:
    """Hold an export that is not UTF-8, of which too many rows cannot be read, or that shrank too much."""
    rows, shrink = book.hold_above("export_rows"), book.hold_above("export_shrink")
    before = [
        other
        for other in earlier
        if other.status == "loaded"
        and other.table == file.table
        and (other.file_date or date.max) < (file.file_date or date.min)
    ]
    if file.reason:
        file.hold(file.reason)
    elif (
        rows is not None
        and file.data_rows
        and Fraction(file.set_aside_rows - file.repeated_rows, file.data_rows) > Fraction(rows)
    ):
        file.hold("too many rows cannot be read")
    elif (
        shrink is not None and before and before[-1].data_rows >= 20 and file.data_rows < shrink * before[-1].data_rows
    ):
        file.hold(f"it has too few rows beside {before[-1].name}")


def judge(files: list[InboxFile], book: Book) -> None:
    """Judge the files one after another, as registered, and set the states that do not need rating."""
    firsts: Firsts = {}
    for position, file in enumerate(files):
        if file.status == "rejected":
            continue
        is_dated_oddly = file.status == "held"
        control_is_read = read_control(file) if file.kind == "cdr" else True
        if not read(file, book):
            file.reject("unreadable: not of the format")
            continue
        repetition = repeats_earlier(file, files[:position])
        if repetition is not None:
            file.reject(repetition)
            continue
        if is_dated_oddly:
            for record in file.records:
                if record.state not in NO_CALLS:
                    record.state, record.reason = "held", "its file is held"
            continue
        if file.kind == "customers":
            judge_export(file, book, files[:position])
        if file.kind == "bank":
            debits.judge_batch(file, book, files[:position])
        if file.kind == "cdr":
            set_first_states(file, firsts)
            judge_records(file, book, control_is_read)
            for record in file.records:
                if record.state == "":
                    firsts.setdefault(record.key, []).append(record)


def loaded_records(files: list[InboxFile]) -> list[Record]:
    """Every record of the loaded CDR files, malformed and duplicate ones too, in the order of registration."""
    return [record for file in files if file.kind == "cdr" and file.status == "loaded" for record in file.records]


def file_reconciliation(files: list[InboxFile]) -> list[Row]:
    """One row per registered file: what was declared, what was read, and where each record ended."""
    rows = []
    for file in files:
        states = Counter(record.state for record in file.records)
        rows.append(
            {
                "file_name": file.name,
                "source": file.source,
                "file_kind": file.kind,
                "switch_id": file.source_key if file.kind == "cdr" else None,
                "file_date": file.file_date,
                "sequence_number": file.sequence_number,
                "file_status": file.status,
                "status_reason": file.reason or None,
                "declared_records": file.declared_records,
                "read_records": len(file.records),
                **{state: states[state] for state in STATES},
                "declared_seconds": file.declared_seconds,
                "read_seconds": read_seconds(file),
                "data_rows": len(file.batch.details) + file.batch.broken_lines if file.batch else file.data_rows,
                "set_aside_rows": file.batch.broken_lines if file.batch else file.set_aside_rows,
            }
        )
    return rows


def duplicate_calls(records: list[Record]) -> list[Row]:
    """Every duplicate with the record that it repeats."""
    rows = []
    for record in records:
        if record.state == "duplicate":
            assert record.original is not None
            rows.append(
                {
                    **record.fields(),
                    "original_file_name": record.original.file.name,
                    "original_record_number": record.original.record_number,
                }
            )
    return rows
