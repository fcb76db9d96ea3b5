"""The customer system's exports: which rows count, what stands of a row that later snapshots lack, who owned a number at an instant.

Written as the contract says it: snapshot by snapshot, key by key.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from .book import plain_number
from .files import EXPORT_TABLES, InboxFile

Row = dict[str, Any]

COLUMNS = {
    "customers": "customer_id name customer_class is_key_account business_unit_id outlet_id agent_id opened_on closed_on",
    "accounts": "account_id customer_id payment_method bank_code bank_account opened_on closed_on",
    "service_numbers": "service_number account_id exchange_id tariff_plan_id valid_from valid_to",
    "subscriptions": "subscription_id account_id service_number product_id promotion_id valid_from valid_to",
    "payments": "payment_id account_id paid_at amount channel outlet_id",
    "account_merges": "merge_id from_account_id into_account_id merged_at outlet_id",
    "number_orders": "order_id service_number outlet_id ordered_at status",
    "complaints": "complaint_id account_id outlet_id opened_at closed_at kind was_billing_error",
    "account_adjustments": "adjustment_id account_id kind amount dated_on reason prepared_by approved_by",
    "outlet_terminals": "terminal_id outlet_id access_kind has_backup_line installed_on last_inspected_on fault_since",
    "trainings": "training_id held_on title_zh title_en business_unit_id outlet_id invited attended",
    "training_exams": "training_id person_id has_passed",
}

KEYS = {
    "customers": ("customer_id",),
    "accounts": ("account_id",),
    "service_numbers": ("service_number", "account_id", "valid_from"),
    "subscriptions": ("subscription_id",),
    "payments": ("payment_id",),
    "account_merges": ("merge_id",),
    "number_orders": ("order_id",),
    "complaints": ("complaint_id",),
    "account_adjustments": ("adjustment_id",),
    "outlet_terminals": ("terminal_id",),
    "trainings": ("training_id",),
    "training_exams": ("training_id", "person_id"),
}

TIMESTAMPS = {"paid_at", "merged_at", "ordered_at", "opened_at", "closed_at"}
DATES = {"opened_on", "closed_on", "dated_on", "installed_on", "last_inspected_on", "fault_since", "held_on"}
BOOLEANS = {"is_key_account", "was_billing_error", "has_backup_line", "has_passed"}
#: Whole numbers above 0 that an export need not have, and that are checked where it has them.
OPTIONAL = {"service_numbers": ("channels",)}
#: Text that an export need not have.
OPTIONAL_TEXT = {
    "payments": ("reverses_payment_id",),
    "account_adjustments": ("bill_item_id", "service_number", "reverses_adjustment_id"),
}
NEVER_EMPTY = {
    "valid_from", "paid_at", "amount", "merged_at", "ordered_at", "opened_at", "dated_on", "has_backup_line", "held_on", "has_passed",
}  # fmt: skip


def column_type(table: str, column: str) -> str:
    """The type of a column of an export; what is neither date, time, truth nor amount is text."""
    if column in ("valid_from", "valid_to"):
        return "timestamp" if table == "service_numbers" else "date"
    if column in TIMESTAMPS:
        return "timestamp"
    if column in DATES:
        return "date"
    if column in BOOLEANS:
        return "boolean"
    return "amount" if column == "amount" else "text"


def instant(text: str) -> datetime:
    """A date, with or without a time; ValueError where the year does not come first, or the marks are mixed."""
    day, _, clock = text.partition(" ")
    mark = "/" if "/" in day else "-"
    year, month, day_of_month = day.split(mark)
    if len(year) != 4:
        raise ValueError("the year does not come first")
    parts = [int(part) for part in clock.split(":")] if clock else [0, 0]
    return datetime(int(year), int(month), int(day_of_month), *parts)


def is_destroyed(text: str) -> bool:
    """Whether a spreadsheet wrote a long number in scientific notation."""
    return re.fullmatch(r"[+-]?([0-9]+[.,][0-9]+e[+-]?[0-9]+|[0-9]+e[+-][0-9]+)", text.lower()) is not None


def typed(kind: str, text: str) -> Any:
    """The typed value of one field; ValueError where it does not parse. An empty typed field is None."""
    if kind == "text":
        return text
    if not text:
        return None
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError("no truth value")
        return text.lower() == "true"
    if kind in ("date", "timestamp"):
        found = instant(text)
        if kind == "date" and found != datetime(found.year, found.month, found.day):
            raise ValueError("a date has no time of day")
        return found.date() if kind == "date" else found
    if re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+", text):
        text = text.replace(",", "")
    if "." in text:
        whole, _, decimals = text.partition(".")
        text = f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"
    if re.fullmatch(r"-?[0-9]+(\.[0-9]{1,2})?", text) is None or Decimal(text) == 0:
        raise ValueError("no amount, or 0")
    return Decimal(text)


def typed_row(table: str, header: list[str], fields: list[str]) -> Row | None:
    """One row of an export, None where it has to be set aside."""
    if len(fields) != len(header):
        return None
    texts = dict(zip(header, (text.strip() for text in fields), strict=True))
    row: Row = {}
    for column in COLUMNS[table].split():
        try:
            if (column.endswith("_id") or column == "service_number") and is_destroyed(texts[column]):
                return None
            row[column] = typed(column_type(table, column), texts[column])
        except ValueError:
            return None
        if row[column] is None and column in NEVER_EMPTY:
            return None
    for column in OPTIONAL.get(table, ()):
        text = texts.get(column, "")
        if text and (re.fullmatch(r"[0-9]+", text) is None or not 0 < int(text) < 2**31):
            return None
    for column in OPTIONAL_TEXT.get(table, ()):
        row[column] = texts.get(column, "")
    if any(row[column] == "" for column in KEYS[table]):
        return None
    if table == "account_adjustments" and (row["amount"] <= 0 or not row["account_id"] or not row["kind"]):
        return None
    if "service_number" in row:
        row["service_number"] = plain_number(row["service_number"])
    return row


def readable_key(table: str, header: list[str], fields: list[str]) -> tuple[Any, ...] | None:
    """The key of a row that cannot be read whole, None where the key cannot be read either."""
    key = []
    for column in KEYS[table]:
        at = header.index(column)
        if at >= len(fields):
            return None
        try:
            value = typed(column_type(table, column), fields[at].strip())
        except ValueError:
            return None
        if value is None or value == "":
            return None
        key.append(plain_number(value) if column == "service_number" else value)
    return tuple(key)


def read_export(file: InboxFile) -> bool:
    """Fill `file.rows` with the rows that count; False where there is no header with the table's columns."""
    assert file.table is not None
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        file.reason = "it is not UTF-8"
        text = file.content.decode("utf-8-sig", errors="replace")
    try:
        lines = [fields for fields in csv.reader(io.StringIO(text, newline="")) if fields]
    except csv.Error:
        return False
    if not lines:
        return False
    header = [name.strip() for name in lines[0]]
    if not set(COLUMNS[file.table].split()) <= set(header):
        return False
    while len(lines) > 1 and not any(field.strip() for field in lines[-1]):
        lines.pop()  # what a spreadsheet writes below its last row
    seen = set()
    for fields in lines[1:]:
        file.data_rows += 1
        is_text = not any("\N{REPLACEMENT CHARACTER}" in field for field in fields)
        row = typed_row(file.table, header, fields) if is_text else None
        key = tuple(row[column] for column in KEYS[file.table]) if row else None
        if row is None or key in seen:
            file.set_aside_rows += 1
            file.repeated_rows += row is not None
            broken = readable_key(file.table, header, fields)
            if broken is not None:
                file.broken_keys.add(broken)
            continue
        seen.add(key)
        file.rows.append(row)
    return True


@dataclass
class Snapshot:
    """One loaded export: its rows by key, and the keys of the rows of which only the key could be read."""

    day: date
    rows: dict[tuple[Any, ...], Row]
    broken_keys: set[tuple[Any, ...]]

    def holds(self, key: tuple[Any, ...]) -> bool:
        """Whether the row is there, readable or not."""
        return key in self.rows or key in self.broken_keys


class Exports:
    """The loaded snapshots of every table, and the look-ups into them."""

    def __init__(self, files: list[InboxFile]) -> None:
        self.snapshots: dict[str, list[Snapshot]] = {table: [] for table in EXPORT_TABLES}
        for file in files:
            if file.kind == "customers" and file.status == "loaded":
                assert file.table is not None and file.file_date is not None
                rows = {tuple(row[column] for column in KEYS[file.table]): row for row in file.rows}
                self.snapshots[file.table].append(Snapshot(file.file_date, rows, file.broken_keys))
        for snapshots in self.snapshots.values():
            snapshots.sort(key=lambda snapshot: snapshot.day)
        self.intervals: dict[str, list[Row]] = {}
        for row in self._intervals_that_count():
            self.intervals.setdefault(row["service_number"], []).append(row)
        self.subscriptions = self._subscriptions_that_count()
        self.payments = self._payments_that_count()
        self.merges = [row for row, _ in self._known("account_merges").values()]
        self.complaints = [row for row, _ in self._known("complaints").values()]
        self.adjustments = [row for row, _ in self._known("account_adjustments").values()]

    def newest(self, table: str) -> list[Row]:
        """The rows of the newest snapshot of a table, whatever its content."""
        return list(self.snapshots[table][-1].rows.values()) if self.snapshots[table] else []

    def _known(self, table: str) -> dict[tuple[Any, ...], tuple[Row, list[Snapshot]]]:
        """Per key its newest readable row, and the snapshots after the newest that holds it."""
        found: dict[tuple[Any, ...], tuple[Row, list[Snapshot]]] = {}
        for position, snapshot in enumerate(self.snapshots[table]):
            later = self.snapshots[table][position + 1 :]
            for key in [*snapshot.rows, *snapshot.broken_keys]:
                if key in snapshot.rows:
                    found[key] = snapshot.rows[key], later
                elif key in found:
                    found[key] = found[key][0], later
        return found

    def _intervals_that_count(self) -> list[Row]:
        snapshots = self.snapshots["service_numbers"]
        counting = []
        for row, later in self._known("service_numbers").values():
            if row["valid_to"] is None and later:
                without = later[0]
                before = snapshots[snapshots.index(without) - 1]
                others = [other for other in without.rows.values() if other["service_number"] == row["service_number"]]
                # Rows of which only the key can be read stand as they were last read.
                ever_read = self._known_up_to("service_numbers", without.day)
                for key in without.broken_keys:
                    if key[0] == row["service_number"] and key not in without.rows and key in ever_read:
                        others.append(dict(zip(KEYS["service_numbers"], key, strict=True)))
                if any(
                    other["valid_from"] <= row["valid_from"]
                    and not before.holds(tuple(other[column] for column in KEYS["service_numbers"]))
                    for other in others
                ):
                    continue
                begins = [other["valid_from"] for other in others if other["valid_from"] > row["valid_from"]]
                end = min(begins) if begins else max(datetime.combine(without.day, time()), row["valid_from"])
                row = row | {"valid_to": end}
            counting.append(row)
        return counting

    def _subscriptions_that_count(self) -> list[Row]:
        return [
            row | {"valid_to": later[0].day} if row["valid_to"] is None and later else row
            for row, later in self._known("subscriptions").values()
        ]

    def _payments_that_count(self) -> list[Row]:
        def paid_in(snapshot: Snapshot) -> list[datetime]:
            known = self._known_up_to("payments", snapshot.day)
            return [known[key]["paid_at"] for key in {*snapshot.rows, *snapshot.broken_keys} if key in known]

        first_paid = {snapshot.day: min(paid_in(snapshot), default=None) for snapshot in self.snapshots["payments"]}
        return [
            row
            for row, later in self._known("payments").values()
            if not any((first := first_paid[snapshot.day]) is not None and first < row["paid_at"] for snapshot in later)
        ]

    def _known_up_to(self, table: str, day: date) -> dict[tuple[Any, ...], Row]:
        found: dict[tuple[Any, ...], Row] = {}
        for snapshot in self.snapshots[table]:
            if snapshot.day <= day:
                found.update(snapshot.rows)
        return found

    def is_known_account(self, account_id: str) -> bool:
        """Whether any export of the accounts knows the account."""
        return any((account_id,) in snapshot.rows for snapshot in self.snapshots["accounts"])

    def row_at(self, table: str, key: str, day: date) -> Row | None:
        """The row of the newest snapshot dated on or before a day that holds the key, else of the oldest that holds it."""
        holding = [snapshot for snapshot in self.snapshots[table] if (key,) in snapshot.rows]
        if not holding:
            return None
        until = [snapshot for snapshot in holding if snapshot.day <= day]
        return (until[-1] if until else holding[0]).rows[(key,)]

    def newest_customer(self, account_id: str) -> tuple[str | None, Row | None]:
        """(customer_id, customer) of an account by the newest snapshots that hold them."""
        return self.customer_at(account_id, date.max)

    def customer_at(self, account_id: str, day: date) -> tuple[str | None, Row | None]:
        """(customer_id, customer) of an account on a day."""
        account = self.row_at("accounts", account_id, day)
        if account is None or not account["customer_id"]:
            return None, None
        return account["customer_id"], self.row_at("customers", account["customer_id"], day)

    def owner_at(self, number: str, instant: datetime) -> tuple[Row | None, Row | None]:
        """(interval, customer) of a number at an instant, as they were on that day."""
        holding = [
            row
            for row in self.intervals.get(number, [])
            if row["valid_from"] <= instant and (row["valid_to"] is None or instant < row["valid_to"])
        ]
        if not holding:
            return None, None
        latest = max(row["valid_from"] for row in holding)
        interval = min((row for row in holding if row["valid_from"] == latest), key=lambda row: row["account_id"])
        return interval, self.customer_at(interval["account_id"], instant.date())[1]
