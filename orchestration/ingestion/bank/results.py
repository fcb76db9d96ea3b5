"""Bank result files of direct debits (SPEC 3.2): decoding to raw/debits and raw/debit_batches, and their verdict.

The layouts are in formats/. The warehouse decides what a debit pays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa

from orchestration.ingestion.bank.formats.becs import read_becs
from orchestration.ingestion.bank.formats.canonical import read_canonical
from orchestration.ingestion.bank.formats.declared import BankFormat, load_bank_format
from orchestration.ingestion.bank.formats.line_records import read_line_records
from orchestration.ingestion.bank.formats.nacha import read_nacha
from orchestration.ingestion.bank.formats.reading import (
    CORRECTION,
    DEBIT,
    OTHER,
    PENDING,
    ReadBatch,
    ResultLine,
    code_owner,
    month_before,
    outcome_of,
)
from orchestration.ingestion.file_reading.bounds import refuse_sum
from orchestration.ingestion.file_reading.file_faults import fault_text, is_of_the_machine
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine, write_rows, write_set_aside, write_table
from orchestration.ingestion.file_reading.packing import OpenContent, open_unpacked
from orchestration.ingestion.landed.landed_packing import landed_path
from orchestration.ledger.debit_requests import debit_requests
from orchestration.ledger.file_ledger import SAME_CONTENT, UNREADABLE, FileLedger, batch_key
from orchestration.ledger.schema import DecodedFile, FileEntry, OffendingRecord
from orchestration.settings import Settings

ResultCodes = Mapping[tuple[str, str], str]  # (bank_code, result_code) → outcome, of the book's debit_result_codes

# Changes whenever a rule or a column changes, so that files decoded by other rules are decoded again.
BANK_RULES_VERSION = "bank-11"

# A message or statement of these has an id and a date of its own: the same bytes are the same one, whatever the file's name.
_DATED_LAYOUTS = {"nacha", "iso20022", "mt940", "becs", "arudd"}
# How far from the date of its file's name a debit may be: files are sent again months later, and value dates may be in the future.
_DAYS_BEFORE_FILE, _DAYS_AFTER_FILE = 400, 31
_NOTHING = Decimal("0.00")
_MONEY = pa.decimal128(18, 2)
_DEBITS = pa.schema(
    [
        ("file_id", pa.string()),
        ("line", pa.int64()),
        ("account_id", pa.string()),
        ("bank_account", pa.string()),
        ("amount", _MONEY),
        ("result_code", pa.string()),
        ("collected_amount", _MONEY),
        ("is_cause_inferred", pa.bool_()),
        ("reason_text", pa.string()),
        ("line_kind", pa.string()),
        ("code_owner", pa.string()),
        ("is_return", pa.bool_()),
        ("reference", pa.string()),
        ("charge_amount", _MONEY),
        ("debited_on", pa.date32()),
        ("billing_period", pa.string()),
    ]
)
_BATCHES = pa.schema(
    [
        ("file_id", pa.string()),
        ("bank_code", pa.string()),
        ("result_scheme", pa.string()),
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
        ("pending_records", pa.int64()),
        ("correction_records", pa.int64()),
        ("passed_over_records", pa.int64()),
        ("is_period_named", pa.bool_()),
        ("no_amount_records", pa.int64()),
        ("charge_amount", _MONEY),
    ]
)


@dataclass(frozen=True)
class BatchTotals:
    """The sums of a batch's details, and how header, trailer or a control total differs.

    `header` has the header's figures, those of the details where the file does not say them.
    """

    detail_records: int
    detail_total_amount: Decimal
    detail_success_records: int
    detail_success_amount: Decimal
    unknown_codes: list[str]
    differences: list[str]
    header: dict[str, Any]


def bank_signature(entry: FileEntry, result_codes: ResultCodes) -> str:
    """What a decode depends on in addition to the bytes: the rules, the format's declaration and its result codes."""
    declared = load_bank_format(entry.format)
    codes = sorted(
        f"{bank}/{code}={outcome}"
        for (bank, code), outcome in result_codes.items()
        if bank in (entry.bank_code, declared.result_scheme)
    )
    return f"{BANK_RULES_VERSION}/{declared.fingerprint}/{','.join(codes)}"


def decode_bank_result(settings: Settings, entry: FileEntry, result_codes: ResultCodes) -> DecodedFile:
    """Decode a registered bank result file. The figures that come back with it are for `check_bank_files`."""
    declared = load_bank_format(entry.format)
    read = _read(partial(open_unpacked, landed_path(settings.home, entry)), declared)
    assert entry.bank_code is not None and entry.file_date is not None, "a name of the pattern has both"
    names_batch_and_day = declared.layout in _DATED_LAYOUTS or (
        read.batch_id is not None and read.debited_on is not None
    )
    read.bank_code = read.bank_code or entry.bank_code
    _list_whole_requests(read, settings)
    read.batch_id = (read.batch_id if declared.batch_id == "file" else None) or entry.batch_in_name or entry.base_name
    read.debited_on = read.debited_on or entry.file_date
    is_period_named = read.billing_period is not None
    day_faults = _day_faults(read, entry.file_date)
    read.billing_period = read.billing_period or month_before(read.original_day or read.debited_on)
    _set_contradictions_aside(read, declared.result_scheme, result_codes)
    facts = _facts(read, declared.result_scheme, names_batch_and_day)
    totals = reconcile(facts, result_codes)
    _refuse_sums(read, totals)
    facts["total_differences"] = totals.differences
    facts["day_faults"] = day_faults
    batch = {
        "file_id": entry.file_id,
        "bank_code": read.bank_code,
        "result_scheme": declared.result_scheme,
        "batch_id": read.batch_id,
        "billing_period": read.billing_period,
        "debited_on": read.debited_on,
        "records": totals.header["records"],
        "total_amount": totals.header["total_amount"],
        "success_records": totals.header["success_records"],
        "success_amount": totals.header["success_amount"],
        "trailer_records": read.trailer_records,
        "detail_records": totals.detail_records,
        "detail_total_amount": totals.detail_total_amount,
        "detail_success_records": totals.detail_success_records,
        "detail_success_amount": totals.detail_success_amount,
        "totals_agree": not totals.differences and not read.set_aside,
        "unknown_codes": totals.unknown_codes,
        "pending_records": sum(line.line_kind == PENDING for line in read.lines),
        "correction_records": sum(line.line_kind == CORRECTION for line in read.lines),
        "passed_over_records": sum(line.line_kind == OTHER for line in read.lines),
        "is_period_named": is_period_named,
        "no_amount_records": facts["no_amount_records"],
        "charge_amount": sum((line.charge_amount for line in read.lines), _NOTHING),
    }
    rows = (
        {
            "file_id": entry.file_id,
            "code_owner": code_owner(result_codes, read.bank_code, declared.result_scheme, line.result_code),
            **vars(line),
            **_own_day(line, read, is_period_named),
        }
        for line in read.lines
    )
    write_rows(rows, _DEBITS, settings.raw / "debits" / f"{entry.file_id}.parquet")
    write_table(
        pa.Table.from_pylist([batch], schema=_BATCHES), settings.raw / "debit_batches" / f"{entry.file_id}.parquet"
    )
    write_set_aside(settings, entry.file_id, read.set_aside)
    return DecodedFile(
        entry.file_id,
        bank_signature(entry, result_codes),
        data_rows=len(read.lines) + len(read.set_aside),
        set_aside_rows=len(read.set_aside),
        bank_facts=facts,
    )


def _refuse_sums(read: ReadBatch, totals: BatchTotals) -> None:
    """Raise BoundExceeded where the sum of a file, or its declared sum, is more than later sums can hold."""
    refuse_sum(totals.detail_total_amount)
    refuse_sum(totals.detail_success_amount)
    refuse_sum(sum((line.charge_amount for line in read.lines), _NOTHING))
    refuse_sum(totals.header["total_amount"])
    refuse_sum(totals.header["success_amount"])


def _list_whole_requests(read: ReadBatch, settings: Settings) -> None:
    """List the debits of requests that a report answers as a whole; the ledger has kept them."""
    if not read.whole_requests:
        return
    kept = {
        batch.batch_id: batch for batch in debit_requests(settings.ledger_path) if batch.bank_code == read.bank_code
    }
    for whole in read.whole_requests:
        request = kept.get(whole.request_id)
        if request is None:
            read.differences.append(whole.unknown)
            continue
        if whole.said_records not in (None, request.records) or whole.said_amount not in (None, request.total_amount):
            asked_for = f"{request.records} debits of {request.total_amount}"
            read.differences.append(f"{whole.unknown}; request {whole.request_id} as it went out has {asked_for}")
            continue
        number = max((line.line for line in read.lines), default=0)
        read.lines += [
            ResultLine(
                line=number + line.line,
                account_id=line.account_id,
                bank_account=line.bank_account,
                amount=line.amount,
                result_code=whole.result_code,
                reference=f"{whole.request_id}/{line.account_id}",
            )
            for line in request.lines
        ]


def _day_faults(read: ReadBatch, file_date: date) -> list[str]:
    """Faults of debits whose days are far from the date of their file's name: with a wrong year nobody would find their money."""
    assert read.debited_on is not None
    return [
        f"it is debited on {day}, which is far from the file's date {file_date}"
        for day in sorted({read.debited_on, *(line.debited_on for line in read.lines if line.debited_on is not None)})
        if not -_DAYS_BEFORE_FILE <= (day - file_date).days <= _DAYS_AFTER_FILE
    ]


def _own_day(line: ResultLine, read: ReadBatch, is_period_named: bool) -> dict[str, Any]:
    """The day of a line, and the period before it, where they are not its batch's: a statement may be of several days."""
    if line.debited_on is None or line.debited_on == read.debited_on:
        return {"debited_on": None, "billing_period": None}
    period = None if is_period_named else month_before(line.debited_on)
    return {"debited_on": line.debited_on, "billing_period": None if period == read.billing_period else period}


def _set_contradictions_aside(read: ReadBatch, scheme: str | None, result_codes: ResultCodes) -> None:
    """Set aside lines that failed but were collected in full, and lines that succeeded with nothing collected."""
    assert read.bank_code is not None
    kept = []
    for line in read.lines:
        outcome = outcome_of(result_codes, read.bank_code, scheme, line.result_code)
        if line.line_kind == DEBIT and line.amount is None and outcome == "success":
            text = f"line {line.line}, account {line.account_id}, result {line.result_code}"
            read.set_aside.append(SetAsideLine(line.line, text, "amount", "is missing, and the debit was collected"))
            continue
        impossible = {"failed": line.amount, "success": Decimal("0.00")}.get(outcome or "")
        if line.line_kind == DEBIT and line.amount and impossible is not None and line.collected_amount == impossible:
            text = f"line {line.line}, account {line.account_id}, asked for {line.amount}, result {line.result_code}"
            ended = "failed" if outcome == "failed" else "succeeded"
            reason = f"is {line.collected_amount}, which a debit that {ended} cannot have"
            read.set_aside.append(SetAsideLine(line.line, text, "collected_amount", reason))
        else:
            kept.append(line)
    read.lines = kept


def _read(content: OpenContent, declared: BankFormat) -> ReadBatch:
    """Read by the format's layout; the readers of XML and SWIFT are imported only where they are needed."""
    if declared.layout == "canonical":
        return read_canonical(content)
    if declared.layout == "nacha":
        return read_nacha(content)
    if declared.layout == "becs":
        return read_becs(content)
    if declared.layout == "arudd":
        from orchestration.ingestion.bank.formats.arudd import read_arudd

        return read_arudd(content, declared)
    if declared.layout == "iso20022":
        from orchestration.ingestion.bank.formats.iso20022 import read_iso20022

        return read_iso20022(content, declared)
    if declared.layout == "mt940":
        from orchestration.ingestion.bank.formats.mt940 import read_mt940

        return read_mt940(content, declared)
    return read_line_records(content, declared)


def reconcile(facts: Mapping[str, Any], result_codes: ResultCodes) -> BatchTotals:
    """Sum the details and compare with header and trailer, as far as the file has them.

    A debit is collected in full where its result code is a success, unless the line itself has the collected amount;
    `success_records` counts those collected whole, `success_amount` is all that was collected. Where refused debits are
    listed without their amounts, the requested total is not compared.
    """
    bank_code, scheme = facts["bank_code"], facts["result_scheme"]
    records, total, success_records, success_amount = 0, Decimal("0.00"), 0, Decimal("0.00")
    for code, (count, amount, said_whole, said_collected, said_count, said_amount) in facts["codes"].items():
        records, total = records + count, total + Decimal(amount)
        success_records += said_whole
        success_amount += Decimal(said_collected)
        if outcome_of(result_codes, bank_code, scheme, code) == "success":
            success_records += count - said_count
            success_amount += Decimal(amount) - Decimal(said_amount)
    found: dict[str, int | Decimal] = {
        "records": records,
        "total_amount": total,
        "success_records": success_records,
        "success_amount": success_amount,
    }
    header: dict[str, Any] = {}
    differences = []
    for name, figure in found.items():
        said = facts[name]
        header[name] = figure if said is None else Decimal(said) if isinstance(figure, Decimal) else int(said)
        if name == "total_amount" and facts["no_amount_records"]:
            continue  # the details do not have it
        if header[name] != figure:
            differences.append(f"header {name} {header[name]}, details {figure}")
    if facts["trailer_records"] is not None and int(facts["trailer_records"]) != records:
        differences.append(f"trailer records {facts['trailer_records']}, details {records}")
    if facts["has_trailer"] and facts["trailer_records"] is None:
        differences.append("there is no trailer")
    unknown = sorted(code for code in facts["codes"] if outcome_of(result_codes, bank_code, scheme, code) is None)
    return BatchTotals(
        records, total, success_records, success_amount, unknown, [*differences, *facts["differences"]], header
    )


def check_bank_files(
    ledger: FileLedger,
    result_codes: ResultCodes,
    records_of: Callable[[FileEntry], Sequence[OffendingRecord]] = lambda _: (),
) -> list[FileEntry]:
    """Decide, in seen_order, on the decoded bank files that are not loaded or rejected: loaded, held or rejected.

    Held files are checked again, so that a result code added to the book lets them in; `records_of` finds the first lines
    that such a file is held for. Returns those whose status changed.
    """
    changed = []
    with ledger.transaction():
        entries = ledger.files("bank")
        loaded = [entry for entry in entries if entry.status == "loaded"]
        for entry in entries:
            if entry.status not in ("registered", "held") or entry.decoded_with is None or entry.is_held_for_date:
                continue
            records: Sequence[OffendingRecord] = ()
            try:
                status, reason = _verdict(ledger, entry, loaded, result_codes)
                if status == "held":
                    records = records_of(entry)
            except Exception as error:
                if is_of_the_machine(error):
                    raise
                status, reason = "rejected", f"{UNREADABLE}{fault_text(error, 'checked')}"
            ledger.set_status(entry.file_id, status, reason, records)
            checked = ledger.file(entry.file_id)
            if status == "loaded":
                loaded.append(checked)
            if (checked.status, checked.status_reason) != (entry.status, entry.status_reason):
                changed.append(checked)
    return changed


def _verdict(
    ledger: FileLedger, entry: FileEntry, loaded: list[FileEntry], result_codes: ResultCodes
) -> tuple[str, str | None]:
    facts = ledger.bank_batch(entry.file_id)
    assert facts is not None, "a decoded bank file has its figures in the ledger"
    # A file that names neither its batch nor its day can be the same every month: only the date in its name differs.
    twin = next(
        (
            other
            for other in loaded
            if other.content_sha256 == entry.content_sha256
            and (facts["names_batch_and_day"] or other.file_date == entry.file_date)
        ),
        None,
    )
    if twin is not None and entry.data_rows:
        return "rejected", f"{SAME_CONTENT}{twin.file_name} ({twin.file_id}), which is loaded"
    totals = reconcile(facts, result_codes)
    reasons = [*totals.differences, *facts["day_faults"]]
    if totals.unknown_codes:
        reasons.append(
            f"result codes not in debit_result_codes of {facts['bank_code']}: {', '.join(totals.unknown_codes)}"
        )
    if facts["set_aside_rows"]:
        reasons.append(f"{facts['set_aside_rows']} lines do not parse, the first: {facts['first_set_aside']}")
    if entry.bank_code != facts["bank_code"]:
        reasons.append(f"the header is of bank {facts['bank_code']}, the file's name of {entry.bank_code}")
    for other in loaded:
        batch = ledger.bank_batch(other.file_id)
        if batch is None or other.bank_code != entry.bank_code:
            continue
        repeated = [name for key, name in facts.get("messages", {}).items() if key in batch.get("messages", {})]
        if repeated:
            reasons.append(f"{', '.join(repeated[:3])} is already loaded from {other.file_name} ({other.file_id})")
        if not (batch.get("has_results", True) and facts["has_results"]):
            continue  # a report of debits on their way is not the batch's result
        if batch_key(batch) == batch_key(facts):
            reasons.append(
                f"batch {facts['batch_id']} of {facts['debited_on']} is already loaded from {other.file_name} ({other.file_id})"
            )
    return ("held", "; ".join(reasons)) if reasons else ("loaded", None)


def _facts(read: ReadBatch, result_scheme: str | None, names_batch_and_day: bool) -> dict[str, Any]:
    """What the verdict needs of a file. Per result code: lines and amount, and of those with a collected amount the
    lines collected whole, the amount collected, the lines and the amount.
    """
    codes: dict[str, list[Any]] = {}
    for line in read.lines:
        if line.line_kind != DEBIT:
            continue
        sums = codes.setdefault(line.result_code, [0, _NOTHING, 0, _NOTHING, 0, _NOTHING])
        sums[0] += 1
        sums[1] += line.amount or _NOTHING
        if line.collected_amount is not None:
            sums[2] += line.collected_amount == line.amount
            sums[3] += line.collected_amount
            sums[4] += 1
            sums[5] += line.amount or _NOTHING
    first = read.set_aside[0] if read.set_aside else None
    return {
        "bank_code": read.bank_code,
        "result_scheme": result_scheme,
        "batch_id": read.batch_id,
        "billing_period": read.billing_period,
        "debited_on": None if read.debited_on is None else read.debited_on.isoformat(),
        "names_batch_and_day": names_batch_and_day,
        "records": read.records,
        "total_amount": None if read.total_amount is None else str(read.total_amount),
        "success_records": read.success_records,
        "success_amount": None if read.success_amount is None else str(read.success_amount),
        "trailer_records": read.trailer_records,
        "has_trailer": read.has_trailer,
        "differences": read.differences,
        "has_results": any(line.line_kind in (DEBIT, CORRECTION) for line in read.lines),
        "codes": {
            code: [str(figure) if isinstance(figure, Decimal) else figure for figure in sums]
            for code, sums in codes.items()
        },
        "messages": read.messages,
        "no_amount_records": sum(line.amount is None for line in read.lines if line.line_kind == DEBIT),
        "set_aside_rows": len(read.set_aside),
        "first_set_aside": None if first is None else f"line {first.line_number}: {first.field} {first.reason}",
    }
