"""Reading the reference book (SPEC 2): every fault in it is found at once, before anything is run with it.

Its allowed values are declared in tables.py. Whether tariffs are sound is not checked here but by a gate.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.errors import UsageError
from orchestration.reference_book.declaration import (
    DAY,
    DIALLED_CODE,
    TELEPHONE_NUMBER,
    TIME_OF_DAY,
    WEEKDAYS,
    Column,
    Table,
)
from orchestration.reference_book.tables import GATE_DEFAULTS, NEEDED_TO_RATE, REFERENCE_TABLES
from orchestration.telephone_numbers import normalised_number

MOST_FAULTS_SHOWN = 20

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00(:00)?)")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_DAYS = re.compile(r"[1-7H]+")
_DIGITS = re.compile(r"[0-9]*")
_DIALLED = re.compile(r"[0-9]*|[*#][0-9*#]*")


@dataclass(frozen=True)
class GateThreshold:
    """The limits above which a gate warns and holds. None means no limit: the gate never warns, or never holds."""

    gate_id: str
    warn_above: Decimal | None
    hold_above: Decimal | None


def gate_thresholds(rows: Iterable[Mapping[str, Any]]) -> dict[str, GateThreshold]:
    """gate_id → the threshold in force: the book's row, or the documented default where the book has no row."""
    thresholds = {
        gate_id: GateThreshold(gate_id, *(None if text is None else Decimal(text) for text in limits))
        for gate_id, limits in GATE_DEFAULTS.items()
    }
    for row in rows:
        thresholds[row["gate_id"]] = GateThreshold(row["gate_id"], row["warn_above"], row["hold_above"])
    return thresholds


@dataclass(frozen=True)
class ReferenceBook:
    """A book without faults. Rows are typed (date, Decimal, int, str; empty is None) and have their `line_number`."""

    folder: Path
    tables: dict[str, list[dict[str, Any]]]
    file_sha256: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """One hash of the whole book, independent of its folder."""
        lines = "".join(f"{name} {sha256}\n" for name, sha256 in sorted(self.file_sha256.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def known_switches(self) -> set[str]:
        """The switches whose records are accepted."""
        return {row["switch_id"] for row in self.tables["switches"]}

    @property
    def unfilled_tables(self) -> tuple[str, ...]:
        """The tables without which no call can be rated and that have no rows yet, in the order in which to fill them in."""
        return tuple(table for table in NEEDED_TO_RATE if not self.tables[table])

    @property
    def unfilled_fault(self) -> str | None:
        """That no call can be rated and which tables have to be filled in; None where each has rows."""
        if not self.unfilled_tables:
            return None
        listed = ", ".join(f"{table}.csv" for table in self.unfilled_tables)
        return f"{self.folder}: no call can be rated: these tables of the reference book have no rows: {listed}"

    @property
    def gate_thresholds(self) -> dict[str, GateThreshold]:
        """The thresholds in force, by gate."""
        return gate_thresholds(self.tables["gate_thresholds"])

    @property
    def result_codes(self) -> dict[tuple[str, str], str]:
        """(bank_code, result_code) → outcome."""
        return {(row["bank_code"], row["result_code"]): row["outcome"] for row in self.tables["debit_result_codes"]}


@dataclass
class _Reading:
    """A book while it is read, with the faults found so far."""

    folder: Path
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    file_sha256: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def fault(self, table: str, line: int | None, column: str | None, what: str) -> None:
        where = str(self.folder / f"{table}.csv")
        where += "" if line is None else f" line {line}"
        where += "" if column is None else f", field {column}"
        self.faults.append(f"{where}: {what}")


def read_reference_book(folder: Path) -> ReferenceBook:
    """Read and check the book in a folder. Raises one UsageError that lists every fault with file, line and field."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no reference book; set TOLLHOUSE_REFERENCE to its folder")
    reading = _Reading(folder)
    for table in REFERENCE_TABLES.values():
        _read_table(reading, table)
    _check_keys(reading)
    _check_named_ids(reading)
    _check_rows(reading)
    if reading.faults:
        shown = reading.faults[:MOST_FAULTS_SHOWN]
        more = len(reading.faults) - len(shown)
        raise UsageError("\n".join(["the reference book has faults:", *shown, *([f"and {more} more"] if more else [])]))
    return ReferenceBook(folder, reading.tables, reading.file_sha256)


def _read_table(reading: _Reading, table: Table) -> None:
    path = reading.folder / f"{table.name}.csv"
    rows: list[dict[str, Any]] = []
    reading.tables[table.name] = rows
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if not table.may_be_absent:
            alone = f"a table with nothing in it has its header alone: {','.join(table.header)}"
            reading.fault(table.name, None, None, f"the file is missing; {alone}")
        return
    except OSError as error:
        reading.fault(table.name, None, None, f"cannot be read: {error.strerror}")
        return
    reading.file_sha256[table.name] = hashlib.sha256(content).hexdigest()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        reading.fault(table.name, line, None, "is not UTF-8; save the file as UTF-8")
        return
    records = _records(reading, table.name, text)
    _, header = next(records, (1, []))
    absent = [name for name in table.header if name not in header]
    missing = [name for name in absent if name in table.required]
    for name in missing:
        reading.fault(table.name, 1, name, f"the column is missing; the header needs {','.join(table.required)}")
    doubled = sorted({name for name in header if name in table.header and header.count(name) > 1})
    for name in doubled:
        reading.fault(table.name, 1, name, "the column stands twice; remove one")
    if missing or doubled:
        return
    positions = [(column, header.index(column.name)) for column in table.columns if column.name not in absent]
    for line, fields in records:
        if len(fields) != len(header):
            reading.fault(
                table.name,
                line,
                None,
                f"has {len(fields)} fields, the header {len(header)}; quote texts that hold a comma",
            )
            continue
        row: dict[str, Any] = {"line_number": line, **dict.fromkeys(absent)}
        for column, at in positions:
            row[column.name] = _value(reading, table.name, line, column, fields[at])
        rows.append(row)


def _records(reading: _Reading, table: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """(first line, fields) of every record; empty lines at the end are none."""
    reader = csv.reader(io.StringIO(text.rstrip("\r\n"), newline=""), strict=True)
    line = 1
    try:
        for fields in reader:
            if fields:
                yield line, fields
            else:
                reading.fault(table, line, None, "is empty; remove the line")
            line = reader.line_num + 1
    except csv.Error as error:
        reading.fault(table, line, None, f"is not a valid line of CSV ({error}); close the quote")


def _value(reading: _Reading, table: str, line: int, column: Column, text: str) -> Any:
    """The typed value; None for an empty or (with a fault noted) wrong one."""
    if text == "":
        if not column.may_be_empty:
            reading.fault(table, line, column.name, "is empty; fill it in")
        return "" if column.is_empty_a_text else None
    if column.kind.is_number:
        return _bounded_number(reading, table, line, column, text)
    if column.kind is DAY:
        day = _day(text)
        if day is None:
            reading.fault(table, line, column.name, f"'{text}' is not a valid date; write it like 2026-03-31")
        return day
    fault = _text_fault(column, text)
    if fault is not None:
        reading.fault(table, line, column.name, fault)
    return text


def _text_fault(column: Column, text: str) -> str | None:
    """What is wrong with a text, and what to write; None where nothing is."""
    if text != text.strip():
        return f"'{text}' begins or ends with a space; remove it"
    if column.words and text not in column.words:
        return f"'{text}' is not one of {', '.join(column.words)}"
    if column.kind is TIME_OF_DAY and not _TIME.fullmatch(text):
        return f"'{text}' is not a valid time of day; write it like 07:00, the end of the day as 24:00"
    if column.kind is DIALLED_CODE and not _DIALLED.fullmatch(text):
        return f"'{text}' is neither digits alone nor a service code; write digits, or begin it with * or #"
    if column.kind is TELEPHONE_NUMBER and not _DIGITS.fullmatch(normalised_number(text)):
        return f"'{text}' is not a valid number; write it in digits, like 2200000 or +865482200000"
    if column.kind is WEEKDAYS and not _DAYS.fullmatch(text):
        return f"'{text}' is not a valid set of days; write digits 1 (Monday) to 7 and H for holidays"
    return None


def _bounded_number(reading: _Reading, table: str, line: int, column: Column, text: str) -> int | Decimal | None:
    is_whole = column.kind.is_whole
    if not (_WHOLE if is_whole else _NUMBER).fullmatch(text):
        example = "a whole number" if is_whole else "a number with at most 6 decimals and a point, like 0.22"
        reading.fault(table, line, column.name, f"'{text}' is not {example}")
        return None
    value = int(text) if is_whole else Decimal(text)
    if (column.least is not None and value < column.least) or (column.most is not None and value > column.most):
        bounds = f"from {column.least}" if column.most is None else f"from {column.least} to {column.most}"
        reading.fault(table, line, column.name, f"{text} is out of bounds; write a number {bounds}")
    return value


def _day(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _check_keys(reading: _Reading) -> None:
    for table in REFERENCE_TABLES.values():
        first_with: dict[tuple[Any, ...], int] = {}
        for row in reading.tables[table.name] if table.key else ():
            values = tuple(row[name] for name in table.key)
            if None in values:
                continue
            first = first_with.setdefault(values, row["line_number"])
            if first != row["line_number"]:
                shown = ", ".join(str(value) for value in values)
                reading.fault(
                    table.name,
                    row["line_number"],
                    " + ".join(table.key),
                    f"'{shown}' stands in line {first} already; remove one",
                )


def _check_named_ids(reading: _Reading) -> None:
    for table in REFERENCE_TABLES.values():
        for column in table.columns:
            if column.id_of is not None:
                _check_ids(reading, table.name, column.name, column.id_of)


def _check_ids(reading: _Reading, table: str, name: str, other: str) -> None:
    """Check that each id of a column is in another table's column of the same name."""
    if other not in reading.file_sha256 or not _was_read(reading, other, name):
        return  # its own fault is listed; every id would seem unknown
    known = {row[name] for row in reading.tables[other]}
    for row in reading.tables[table]:
        if row[name] is not None and row[name] not in known:
            reading.fault(
                table,
                row["line_number"],
                name,
                f"'{row[name]}' is in no line of {other}.csv; add it there or correct it",
            )


def _was_read(reading: _Reading, table: str, column: str) -> bool:
    return all(column in row for row in reading.tables[table]) and not any(
        fault.startswith(f"{reading.folder / table}.csv line 1, field") for fault in reading.faults
    )


def _check_rows(reading: _Reading) -> None:
    """Rules that look at more than one value."""
    items = reading.tables["bill_items"]
    discounts = [row["line_number"] for row in items if row["item_kind"] == "discount"]
    if len(discounts) != 1 and "bill_items" in reading.file_sha256 and _was_read(reading, "bill_items", "item_kind"):
        lines = f" (lines {', '.join(map(str, discounts))})" if discounts else ""
        reading.fault(
            "bill_items",
            None,
            "item_kind",
            f"there are {len(discounts)} items of kind discount{lines}; keep exactly one",
        )
    for row in reading.tables["switches"]:
        first, last = row["first_sequence"], row["last_sequence"]
        if last is not None and last <= (first or 0):
            reading.fault(
                "switches",
                row["line_number"],
                "last_sequence",
                f"{last} does not lie after the first number {first or 0}; write the last number before the files begin again",
            )
    for row in reading.tables["number_ranges"]:
        start, end = (normalised_number(row[column] or "") for column in ("range_start", "range_end"))
        if start and end and (len(start) != len(end) or start > end):
            reading.fault(
                "number_ranges",
                row["line_number"],
                "range_end",
                f"'{end}' is not a valid end of a range that starts at {start}; "
                "write numbers of one length, the end not below the start",
            )
    for row in reading.tables["promotions"]:
        if row["kind"] in ("percent_off", "fixed_credit"):
            for column in ("value", "bill_item_id"):
                if row[column] is None:
                    reading.fault("promotions", row["line_number"], column, f"is empty; a {row['kind']} needs it")
        if row["kind"] == "percent_off" and row["value"] is not None and row["value"] > 100:
            reading.fault(
                "promotions",
                row["line_number"],
                "value",
                f"{row['value']} is out of bounds; write a percent from 0 to 100",
            )
    _check_dialling_rules(reading)
    _check_packages(reading)
    _check_commission_plans(reading)
    _check_late_fee_rules(reading)
    for row in reading.tables["outlets"]:
        if row["outlet_kind"] == "agent" and row["agent_id"] is None:
            reading.fault(
                "outlets", row["line_number"], "agent_id", "is empty; an outlet of kind agent names its agent"
            )


def _check_dialling_rules(reading: _Reading) -> None:
    """A rule strips either its code or the own area code, and at no time do two rules have one place in the order."""
    table = "dialling_rules"
    rows = reading.tables[table]
    for row in rows:
        if row["kind"] == "code" and row["code"] is None:
            reading.fault(table, row["line_number"], "code", "is empty; a rule of kind code names the digits it strips")
        if row["kind"] == "own_area_code" and row["code"] is not None:
            reading.fault(
                table,
                row["line_number"],
                "code",
                f"'{row['code']}' is too much; a rule of kind own_area_code takes the exchange's area_code: leave it empty",
            )
    dated = [row for row in rows if row["rule_order"] is not None and row["valid_from"] is not None]
    for place, row in enumerate(dated):
        for other in dated[:place]:
            if row["rule_order"] == other["rule_order"] and _hold_at_one_time(row, other):
                reading.fault(
                    table,
                    row["line_number"],
                    "rule_order",
                    f"{row['rule_order']} is the place of line {other['line_number']} at the same time; give each rule its own",
                )


def _check_packages(reading: _Reading) -> None:
    """A package has zones and whole seconds, and no plan and zone has two maximum prices at one time."""
    grouped = {row["zone_group_id"] for row in reading.tables["zone_groups"]}
    for row in reading.tables["packages"]:
        if row["zone_group_id"] is not None and row["zone_group_id"] not in grouped:
            reading.fault(
                "packages",
                row["line_number"],
                "zone_group_id",
                f"'{row['zone_group_id']}' is in no line of zone_groups.csv; name its zones there",
            )
        if row["allowance_kind"] == "seconds" and row["allowance"] is not None and row["allowance"] % 1:
            reading.fault(
                "packages",
                row["line_number"],
                "allowance",
                f"{row['allowance']} is not a valid whole number of seconds",
            )
    first_with: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in reading.tables["price_caps"]:
        if row["valid_from"] is None:
            continue
        others = first_with.setdefault((row["tariff_plan_id"], row["zone_id"]), [])
        for other in others:
            if _hold_at_one_time(row, other):
                reading.fault(
                    "price_caps",
                    row["line_number"],
                    "valid_from",
                    f"line {other['line_number']} caps this plan and zone at the same time; end one before the other",
                )
        others.append(row)


def _check_commission_plans(reading: _Reading) -> None:
    """The tiers of a version end on one day, and no two versions of a plan hold at one time."""
    table = "commission_plans"
    of_plan: dict[str, list[dict[str, Any]]] = {}
    for row in reading.tables[table]:
        if row["commission_plan_id"] is None or row["valid_from"] is None:
            continue
        others = of_plan.setdefault(row["commission_plan_id"], [])
        for other in others:
            if row["valid_from"] == other["valid_from"]:
                if (row["valid_to"] or date.max) != (other["valid_to"] or date.max):
                    reading.fault(
                        table,
                        row["line_number"],
                        "valid_to",
                        f"ends the tier on another day than line {other['line_number']} of the same version; "
                        "give all tiers of a version one valid_to",
                    )
                    break
            elif _hold_at_one_time(row, other):
                reading.fault(
                    table,
                    row["line_number"],
                    "valid_from",
                    f"the version of line {other['line_number']} of {row['commission_plan_id']} holds at the same time; "
                    "end one before the other",
                )
                break
        others.append(row)


def _check_late_fee_rules(reading: _Reading) -> None:
    """No day has two late fees."""
    dated = [row for row in reading.tables["late_fee_rules"] if row["valid_from"] is not None]
    for place, row in enumerate(dated):
        for other in dated[:place]:
            if _hold_at_one_time(row, other):
                reading.fault(
                    "late_fee_rules",
                    row["line_number"],
                    "valid_from",
                    f"the fee of line {other['line_number']} holds at the same time; end one before the other",
                )


def _hold_at_one_time(row: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether some day is in [valid_from, valid_to) of both."""
    last_day = min(row["valid_to"] or date.max, other["valid_to"] or date.max)
    return bool(max(row["valid_from"], other["valid_from"]) < last_day)
