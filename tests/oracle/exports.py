"""The customer system's exports: which rows count, which snapshot counts, who owned a number at an instant."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

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
}

TIMESTAMPS = {"paid_at", "merged_at", "ordered_at", "opened_at", "closed_at"}
DATES = {"opened_on", "closed_on"}
BOOLEANS = {"is_key_account", "was_billing_error"}
#: Whole numbers above 0 that an export need not have, and that are checked where it has them.
OPTIONAL = {"service_numbers": ("channels",)}
#: Text that an export need not have.
OPTIONAL_TEXT = {"payments": ("reverses_payment_id",)}
NEVER_EMPTY = {"valid_from", "paid_at", "amount", "merged_at", "ordered_at", "opened_at"}


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
    return row


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
    seen = set()
    for fields in lines[1:]:
        file.data_rows += 1
        row = typed_row(file.table, header, fields)
        key = tuple(row[column] for column in KEYS[file.table]) if row else None
        if row is None or key in seen:
            file.set_aside_rows += 1
            continue
        seen.add(key)
        file.rows.append(row)
    return True


class Exports:
    """The loaded snapshots of every table, and the look-ups into them."""

    def __init__(self, files: list[InboxFile]) -> None:
        self.snapshots: dict[str, list[tuple[date, list[Row]]]] = {table: [] for table in EXPORT_TABLES}
        for file in files:
            if file.kind == "customers" and file.status == "loaded":
                assert file.table is not None and file.file_date is not None
                self.snapshots[file.table].append((file.file_date, file.rows))
        for snapshots in self.snapshots.values():
            snapshots.sort(key=lambda snapshot: snapshot[0])
        self.customers = {row["customer_id"]: row for row in self.newest("customers")}
        self.accounts = {row["account_id"]: row for row in self.newest("accounts")}
        self.intervals: dict[str, list[Row]] = {}
        for row in self.newest("service_numbers"):
            self.intervals.setdefault(row["service_number"], []).append(row)
        self.keyed_snapshots = {
            table: [(day, {row[key]: row for row in rows}) for day, rows in self.snapshots[table]]
            for table, key in (("accounts", "account_id"), ("customers", "customer_id"))
        }

    def newest(self, table: str) -> list[Row]:
        """The rows of the newest snapshot of a table, whatever its content."""
        return self.snapshots[table][-1][1] if self.snapshots[table] else []

    def is_known_account(self, account_id: str) -> bool:
        """Whether any export of the accounts knows the account."""
        return any(account_id in rows for _, rows in self.keyed_snapshots["accounts"])

    def customer_of(self, account_id: str) -> Row | None:
        """The customer of an account by the newest exports; None where account or customer is not in them."""
        account = self.accounts.get(account_id)
        return self.customers.get(account["customer_id"]) if account else None

    def owner_at(self, number: str, instant: datetime) -> tuple[Row | None, Row | None]:
        """(interval, customer) of a number at an instant, by the newest exports."""
        holding = [
            row
            for row in self.intervals.get(number, [])
            if row["valid_from"] <= instant and (row["valid_to"] is None or instant < row["valid_to"])
        ]
        if not holding:
            return None, None
        latest = max(row["valid_from"] for row in holding)
        interval = min((row for row in holding if row["valid_from"] == latest), key=lambda row: row["account_id"])
        return interval, self.customer_of(interval["account_id"])

    def fixed_row(self, table: str, key: str, issued_on: date) -> Row | None:
        """The row of the newest snapshot dated on or before a day, else of the oldest that holds the key."""
        until = [rows for day, rows in self.keyed_snapshots[table] if day <= issued_on]
        if until and key in until[-1]:
            return until[-1][key]
        for _, rows in self.keyed_snapshots[table]:
            if key in rows:
                return rows[key]
        return None

    def fixed_customer(self, account_id: str, issued_on: date) -> tuple[str | None, Row | None]:
        """(customer_id, customer) of an account as fixed with a bill that is issued on a day."""
        account = self.fixed_row("accounts", account_id, issued_on)
        if account is None or not account["customer_id"]:
            return None, None
        return account["customer_id"], self.fixed_row("customers", account["customer_id"], issued_on)
