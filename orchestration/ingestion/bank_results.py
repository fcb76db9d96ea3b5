"""Bank result files of direct debits (SPEC 3.2): decoding to raw/debits and raw/debit_batches, and judging them.

What a debit pays is the warehouse's matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from orchestration.ingestion.ledger import UNKNOWN_RESULT_CODES, FileLedger
from orchestration.ingestion.ledger_schema import DecodedFile, FileEntry, OffendingRecord
from orchestration.ingestion.malformed_rows import SetAsideLine, write_set_aside, write_table
from orchestration.ingestion.packing import open_unpacked
from orchestration.settings import Settings

ResultCodes = Mapping[tuple[str, str], str]  # (bank_code, result_code) → outcome, of the book's debit_result_codes

# Changes whenever a rule or a column changes, so that files decoded by other rules are decoded again.
BANK_RULES_VERSION = "bank-1"

HEADER_FIELDS = (
    "bank_code",
    "batch_id",
    "billing_period",
    "debited_on",
    "records",
    "total_amount",
    "success_records",
    "success_amount",
)
DETAIL_FIELDS = ("line", "account_id", "bank_account", "amount", "result_code")

_COUNT = re.compile(r"[0-9]{1,18}")
_AMOUNT = re.compile(r"[0-9]{1,16}\.[0-9]{2}")
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_MONEY = pa.decimal128(18, 2)
_DEBITS = pa.schema(
    [
        ("file_id", pa.string()),
        ("line", pa.int64()),
        ("account_id", pa.string()),
        ("bank_account", pa.string()),
        ("amount", _MONEY),
        ("result_code", pa.string()),
    ]
)
_BATCHES = pa.schema(
    [
        ("file_id", pa.string()),
        ("bank_code", pa.string()),
        ("batch_id", pa.string()),
        ("billing_period", pa.string()),
        ("debited_on", pa.date32()),
        ("records", pa.int64()),
        ("total_amount", _MONEY),
        ("success_records", pa.int64()),
        ("success_amount", _MONEY),
        ("trailer_records", pa.int64()),
        ("detail_records", pa.int64()),
        ("detail_total_amount", _MONEY),
        ("detail_success_records", pa.int64()),
        ("detail_success_amount", _MONEY),
        ("totals_agree", pa.bool_()),
        ("unknown_codes", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True)
class BatchTotals:
    """What the details of a batch sum to, and where header and trailer say otherwise."""

    detail_records: int
    detail_total_amount: Decimal
    detail_success_records: int
    detail_success_amount: Decimal
    unknown_codes: list[str]
    differences: list[str]


def bank_header_fault(line: str) -> str | None:
    """Why a first line is not the header of a canonical bank result file, or None."""
    fields = line.split("|")
    if fields[0] != "H":
        return f"no header: the first line should begin with H|, it begins with '{line[:20]}'"
    if len(fields) != 1 + len(HEADER_FIELDS):
        return f"wrong header: it has {len(fields) - 1} fields instead of {', '.join(HEADER_FIELDS)}"
    for name, text in zip(HEADER_FIELDS, fields[1:], strict=True):
        if not _header_field_is_sound(name, text):
            return f"wrong header: field {name} cannot be '{text}'"
    return None


def bank_signature(bank_code: str | None, result_codes: ResultCodes) -> str:
    """What a decode depends on besides the bytes: the rules and the bank's result codes."""
    codes = sorted(f"{code}={outcome}" for (bank, code), outcome in result_codes.items() if bank == bank_code)
    return f"{BANK_RULES_VERSION}/{','.join(codes)}"


def decode_bank_result(
    settings: Settings, ledger: FileLedger, entry: FileEntry, result_codes: ResultCodes
) -> DecodedFile:
    """Decode a registered bank result file; its figures go to the ledger too, for `judge_bank_files`."""
    with open_unpacked(settings.home / entry.landing_path) as stream:
        text = stream.read().removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="backslashreplace")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    header = dict(zip(HEADER_FIELDS, lines[0].split("|")[1:], strict=True))
    debits: list[dict[str, Any]] = []
    set_aside: list[SetAsideLine] = []
    first_with: dict[int, int] = {}
    trailer: int | None = None
    for number, line in enumerate(lines[1:], start=2):
        fields = line.split("|")
        if trailer is not None:
            set_aside.append(SetAsideLine(number, line, "line", "stands after the trailer"))
        elif fields[0] == "T" and len(fields) == 2 and _COUNT.fullmatch(fields[1]):
            trailer = int(fields[1])
        else:
            fault = _detail_fault(fields, first_with)
            if fault is not None:
                set_aside.append(SetAsideLine(number, line, *fault))
                continue
            row = dict(zip(DETAIL_FIELDS, fields[1:], strict=True))
            first_with[int(row["line"])] = number
            debits.append({**row, "file_id": entry.file_id, "line": int(row["line"]), "amount": Decimal(row["amount"])})
    facts = _facts(header, trailer, debits, set_aside)
    totals = reconcile(facts, result_codes)
    batch = {
        "file_id": entry.file_id,
        **header,
        "debited_on": date.fromisoformat(header["debited_on"]),
        "records": int(header["records"]),
        "total_amount": Decimal(header["total_amount"]),
        "success_records": int(header["success_records"]),
        "success_amount": Decimal(header["success_amount"]),
        "trailer_records": trailer,
        "detail_records": totals.detail_records,
        "detail_total_amount": totals.detail_total_amount,
        "detail_success_records": totals.detail_success_records,
        "detail_success_amount": totals.detail_success_amount,
        "totals_agree": not totals.differences,
        "unknown_codes": totals.unknown_codes,
    }
    write_table(pa.Table.from_pylist(debits, schema=_DEBITS), settings.raw / "debits" / f"{entry.file_id}.parquet")
    write_table(
        pa.Table.from_pylist([batch], schema=_BATCHES), settings.raw / "debit_batches" / f"{entry.file_id}.parquet"
    )
    write_set_aside(settings, entry.file_id, set_aside)
    ledger.record_bank_batch(entry.file_id, facts)
    return DecodedFile(
        entry.file_id,
        bank_signature(entry.bank_code, result_codes),
        data_rows=len(debits) + len(set_aside),
        set_aside_rows=len(set_aside),
    )


def reconcile(facts: Mapping[str, Any], result_codes: ResultCodes) -> BatchTotals:
    """Sum the details by the outcome of their result codes and compare with header and trailer."""
    bank_code = facts["bank_code"]
    per_code = {code: (int(count), Decimal(amount)) for code, (count, amount) in facts["codes"].items()}
    success = [code for code in per_code if result_codes.get((bank_code, code)) == "success"]
    records = sum(count for count, _ in per_code.values())
    total = sum((amount for _, amount in per_code.values()), Decimal("0.00"))
    success_records = sum(per_code[code][0] for code in success)
    success_amount = sum((per_code[code][1] for code in success), Decimal("0.00"))
    pairs = [
        ("header records", int(facts["records"]), records),
        ("header total_amount", Decimal(facts["total_amount"]), total),
        ("header success_records", int(facts["success_records"]), success_records),
        ("header success_amount", Decimal(facts["success_amount"]), success_amount),
    ]
    if facts["trailer_records"] is None:
        differences = ["there is no trailer"]
    else:
        differences = []
        pairs.append(("trailer records", int(facts["trailer_records"]), records))
    differences = [f"{name} {said}, details {found}" for name, said, found in pairs if said != found] + differences
    unknown = sorted(code for code in per_code if (bank_code, code) not in result_codes)
    return BatchTotals(records, total, success_records, success_amount, unknown, differences)


def judge_bank_files(
    ledger: FileLedger,
    result_codes: ResultCodes,
    records_of: Callable[[FileEntry], Sequence[OffendingRecord]] = lambda _: (),
) -> list[FileEntry]:
    """Judge, in seen_order, the decoded bank files that are not loaded or rejected: loaded, held or rejected.

    Held files are judged again, so that a result code added to the book lets them in; `records_of` finds the first lines
    that such a file is held for. Returns those whose status changed.
    """
    changed = []
    with ledger.transaction():
        entries = ledger.files("bank")
        loaded = [entry for entry in entries if entry.status == "loaded"]
        for entry in entries:
            if entry.status not in ("registered", "held") or entry.decoded_with is None:
                continue
            status, reason = _verdict(ledger, entry, loaded, result_codes)
            ledger.set_status(entry.file_id, status, reason, records_of(entry) if status == "held" else ())
            judged = ledger.file(entry.file_id)
            if status == "loaded":
                loaded.append(judged)
            if (judged.status, judged.status_reason) != (entry.status, entry.status_reason):
                changed.append(judged)
    return changed


def _verdict(
    ledger: FileLedger, entry: FileEntry, loaded: list[FileEntry], result_codes: ResultCodes
) -> tuple[str, str | None]:
    twin = next((other for other in loaded if other.content_sha256 == entry.content_sha256), None)
    if twin is not None and entry.data_rows:
        return "rejected", f"same content as {twin.file_name} ({twin.file_id}), which is loaded"
    facts = ledger.bank_batch(entry.file_id)
    assert facts is not None, "a decoded bank file has its figures in the ledger"
    totals = reconcile(facts, result_codes)
    reasons = list(totals.differences)
    if totals.unknown_codes:
        reasons.append(f"{UNKNOWN_RESULT_CODES} of {facts['bank_code']}: {', '.join(totals.unknown_codes)}")
    if facts["set_aside_rows"]:
        reasons.append(f"{facts['set_aside_rows']} lines do not parse, the first: {facts['first_set_aside']}")
    if entry.bank_code != facts["bank_code"]:
        reasons.append(f"the header is of bank {facts['bank_code']}, the file's name of {entry.bank_code}")
    for other in loaded:
        batch = ledger.bank_batch(other.file_id)
        if batch is not None and (batch["bank_code"], batch["batch_id"]) == (facts["bank_code"], facts["batch_id"]):
            reasons.append(f"batch {facts['batch_id']} is already loaded from {other.file_name} ({other.file_id})")
    return ("held", "; ".join(reasons)) if reasons else ("loaded", None)


def _facts(
    header: dict[str, str],
    trailer: int | None,
    debits: list[dict[str, Any]],
    set_aside: list[SetAsideLine],
) -> dict[str, Any]:
    codes: dict[str, tuple[int, Decimal]] = {}
    for debit in debits:
        count, amount = codes.get(debit["result_code"], (0, Decimal("0.00")))
        codes[debit["result_code"]] = (count + 1, amount + debit["amount"])
    first = set_aside[0] if set_aside else None
    return {
        **header,
        "trailer_records": trailer,
        "codes": {code: [count, str(amount)] for code, (count, amount) in codes.items()},
        "set_aside_rows": len(set_aside),
        "first_set_aside": None if first is None else f"line {first.line_number}: {first.field} {first.reason}",
    }


def _header_field_is_sound(name: str, text: str) -> bool:
    if name in ("records", "success_records"):
        return _COUNT.fullmatch(text) is not None
    if name in ("total_amount", "success_amount"):
        return _AMOUNT.fullmatch(text) is not None
    if name == "billing_period":
        return _PERIOD.fullmatch(text) is not None
    return _is_day(text) if name == "debited_on" else bool(text.strip())


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _detail_fault(fields: list[str], first_with: dict[int, int]) -> tuple[str, str] | None:
    """Field and reason of the first thing wrong with a detail line."""
    if fields[0] != "D":
        return "line", "is neither a detail D|… nor the trailer T|records"
    if len(fields) != 1 + len(DETAIL_FIELDS):
        return "line", f"has {len(fields) - 1} fields instead of {len(DETAIL_FIELDS)}"
    line, account_id, _, amount, result_code = fields[1:]
    if not _COUNT.fullmatch(line) or int(line) < 1:
        return "line", "is no whole number from 1"
    if int(line) in first_with:
        return "line", f"repeats that of line {first_with[int(line)]} of the file"
    if not account_id:
        return "account_id", "is empty"
    if not _AMOUNT.fullmatch(amount):
        return "amount", "is no amount with two decimals"
    if not result_code:
        return "result_code", "is empty"
    return None
