"""The tables of the customer system's exports (SPEC 3.3): columns, types, keys. How a file is read is in exports.py."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from io import BytesIO

from orchestration.ingestion.file_reading.packing import OpenContent

_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True)
class ExportTable:
    """One export: its columns with their SQL types, the key, and what a row cannot do without besides the key."""

    columns: dict[str, str]
    key: tuple[str, ...]
    required: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    not_zero: tuple[str, ...] = ()
    empty_is_text: tuple[str, ...] = ()  # '' is a value of these, not "unknown"
    may_lack: tuple[str, ...] = ()  # columns that an export need not have; without one every row's is empty


_TEXT, _DAY, _TIME, _FLAG, _MONEY, _WHOLE = "VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN", "DECIMAL(18,2)", "INTEGER"


def _columns(text: str, **types: str) -> dict[str, str]:
    return {name: types.get(name, _TEXT) for name in text.split()}


# Normalised as the numbers of call records are, before anything is compared with them.
NUMBER_COLUMNS = ("service_number",)

EXPORT_TABLES: dict[str, ExportTable] = {
    "customers": ExportTable(
        _columns(
            "customer_id name customer_class is_key_account business_unit_id outlet_id agent_id opened_on closed_on",
            is_key_account=_FLAG,
            opened_on=_DAY,
            closed_on=_DAY,
        ),
        key=("customer_id",),
    ),
    "accounts": ExportTable(
        _columns(
            "account_id customer_id payment_method bank_code bank_account opened_on closed_on",
            opened_on=_DAY,
            closed_on=_DAY,
        ),
        key=("account_id",),
    ),
    "service_numbers": ExportTable(
        _columns(
            "service_number account_id exchange_id tariff_plan_id valid_from valid_to channels",
            valid_from=_TIME,
            valid_to=_TIME,
            channels=_WHOLE,
        ),
        key=("service_number", "account_id", "valid_from"),
        positive=("channels",),
        may_lack=("channels",),
    ),
    "subscriptions": ExportTable(
        _columns(
            "subscription_id account_id service_number product_id promotion_id valid_from valid_to",
            valid_from=_DAY,
            valid_to=_DAY,
        ),
        key=("subscription_id",),
        required=("valid_from",),
        empty_is_text=("service_number",),
    ),
    "payments": ExportTable(
        _columns(
            "payment_id account_id paid_at amount channel outlet_id reverses_payment_id", paid_at=_TIME, amount=_MONEY
        ),
        key=("payment_id",),
        required=("paid_at", "amount"),
        not_zero=("amount",),  # below 0: a reversal or refund
        may_lack=("reverses_payment_id",),
    ),
    "account_merges": ExportTable(
        _columns("merge_id from_account_id into_account_id merged_at outlet_id", merged_at=_TIME),
        key=("merge_id",),
        required=("from_account_id", "into_account_id", "merged_at"),
    ),
    "number_orders": ExportTable(
        _columns("order_id service_number outlet_id ordered_at status", ordered_at=_TIME), key=("order_id",)
    ),
    "complaints": ExportTable(
        _columns(
            "complaint_id account_id outlet_id opened_at closed_at kind was_billing_error",
            opened_at=_TIME,
            closed_at=_TIME,
            was_billing_error=_FLAG,
        ),
        key=("complaint_id",),
    ),
    "account_adjustments": ExportTable(
        _columns(
            "adjustment_id account_id kind amount dated_on bill_item_id service_number reason prepared_by approved_by "
            "reverses_adjustment_id",
            amount=_MONEY,
            dated_on=_DAY,
        ),
        key=("adjustment_id",),
        required=("account_id", "kind", "amount", "dated_on"),
        positive=("amount",),  # the kind says which way the money goes
        empty_is_text=("service_number",),
        may_lack=("bill_item_id", "service_number", "reverses_adjustment_id"),
    ),
    "outlet_terminals": ExportTable(
        _columns(
            "terminal_id outlet_id access_kind has_backup_line installed_on last_inspected_on fault_since fault_note",
            has_backup_line=_FLAG,
            installed_on=_DAY,
            last_inspected_on=_DAY,
            fault_since=_DAY,
        ),
        key=("terminal_id",),
        required=("outlet_id", "has_backup_line"),  # a terminal that does not say is never counted as one without
        may_lack=("fault_note",),
    ),
    "trainings": ExportTable(
        _columns(
            "training_id held_on title_zh title_en business_unit_id outlet_id invited attended",
            held_on=_DAY,
            invited=_WHOLE,
            attended=_WHOLE,
        ),
        key=("training_id",),
        required=("held_on",),
        positive=("invited",),
    ),
    "training_exams": ExportTable(
        # Points have two decimals at most, as amounts have.
        _columns("training_id person_id score has_passed", score=_MONEY, has_passed=_FLAG),
        key=("training_id", "person_id"),
        required=("has_passed",),
        may_lack=("score",),
    ),
}

#: Tables of which the newest snapshot alone counts: what it lacks is gone.
NEWEST_ALONE = ("number_orders", "outlet_terminals", "trainings", "training_exams")


@dataclass(frozen=True)
class Reading:
    """How the bytes of an export become text, and why they are none: it has to be UTF-8, or the encoding that its source
    declares. Unreadable bytes become replacement characters in the text."""

    encoding: str
    errors: str = "strict"
    fault: str | None = None


def reading_of(content: OpenContent, encoding: str | None) -> Reading:
    """How an export is to be read."""
    names = ["utf-8-sig", *([encoding] if encoding else [])]
    for name in names:
        if _is_text(content, name):
            return Reading(name)
    fault = f"can be read neither as UTF-8 nor as {encoding}"
    if encoding is None:
        fault = "cannot be read as UTF-8, and its source declares no other encoding"
    # A character that was cut in half spoils only its row: the reading with the fewest such places is taken.
    return Reading(
        min(names, key=lambda name: _spoilt_places(content, name)),
        "replace",
        f"it {fault}: have it saved as UTF-8, or write `encoding:` into sources.yml and retry it",
    )


def _is_text(content: OpenContent, encoding: str) -> bool:
    try:
        return not any("\0" in text for text in decoded(content, encoding, "strict"))
    except UnicodeDecodeError:
        return False


def _spoilt_places(content: OpenContent, encoding: str) -> int:
    return sum(text.count("\N{REPLACEMENT CHARACTER}") for text in decoded(content, encoding, "replace"))


def decoded(content: OpenContent, encoding: str, errors: str) -> Iterator[str]:
    """The text of a file in pieces. Raises UnicodeDecodeError where `errors` is strict."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with content() as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def export_header(content: bytes, encoding: str | None) -> tuple[str, str | None]:
    """The header line of an export from its first bytes, and its fault, as by `reading_of`."""
    line = content.split(b"\n", 1)[0]
    reading = reading_of(lambda: nullcontext(BytesIO(line)), None)
    text = line.decode(reading.encoding, errors=reading.errors).removeprefix("\ufeff")
    if reading.fault is not None and encoding is not None:
        # An encoding of two bytes has its line end elsewhere, and the last bytes here may be half of a character.
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(content)
        except UnicodeDecodeError:
            return text, reading.fault
        return text.removeprefix("\ufeff").split("\n", 1)[0], None
    return text, reading.fault


def column_name(text: str) -> str:
    """A column's name as a header writes it: `Payment ID` and `PAYMENT_ID` are payment_id."""
    return re.sub(r"[\s-]+", "_", text.strip()).lower()


def export_header_fault(table: str, line: str) -> str | None:
    """Why a header line is not one of the table's, or None. More columns than the table's are allowed, in any order."""
    try:
        found = [column_name(name) for name in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        return f"wrong header: no line of CSV: {error}"
    export = EXPORT_TABLES[table]
    if len(found) == 1:
        separator = next((mark for mark in (";", "\t", "|") if mark in line), None)
        if separator is not None:
            return f"wrong header: its columns are separated by {separator!r}; an export has commas"
    for column in export.columns:
        if found.count(column) == 0 and column not in export.may_lack:
            return f"wrong header: column {column} is missing; {table} has {', '.join(export.columns)}"
        if found.count(column) > 1:
            return f"wrong header: column {column} stands twice"
    return None
