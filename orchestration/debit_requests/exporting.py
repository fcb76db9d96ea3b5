"""From the published edition to request files: read what is open, plan, write the files, keep them in the ledger.

Files and ledger go together: a file whose request cannot be kept is taken away again. A kill between the two leaves a file that
the ledger does not know, and the next export refuses to go over it. The DuckDB file of the warehouse is not opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import duckdb

from orchestration.debit_requests import canonical, pain_008
from orchestration.debit_requests.planning import (
    DebitRequestOptions,
    LeftOut,
    OpenBill,
    PlannedBatch,
    RequestHistory,
    plan_requests,
)
from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.debit_requests import RequestBatch, debit_requests, keep_requests
from orchestration.ledger.file_ledger import FileLedger, user_name
from orchestration.publishing.reading import EditionFolder, current_edition, no_edition
from orchestration.reference_book.reading import read_reference_book
from orchestration.runtime.run_lock import run_lock
from orchestration.runtime.run_record import load_record
from orchestration.settings import Settings
from orchestration.storage.durable import flush

FORMATS = ("canonical", "pain.008")


@dataclass(frozen=True)
class WrittenRequest:
    """A request file that is out and kept."""

    batch: RequestBatch
    path: Path


@dataclass(frozen=True)
class ExportOutcome:
    """The result of an export, with the edition it was made from."""

    edition: str
    as_of: date
    written: list[WrittenRequest]
    left_out: list[LeftOut]


def export_debit_requests(
    settings: Settings, options: DebitRequestOptions, file_format: str, folder: Path, creditors_file: Path | None
) -> ExportOutcome:
    """Ask for the open bills of the debit customers: one file per bank and period.

    Raises UsageError where the options cannot be (a bank or period nobody knows, a debit day that is over, creditors missing),
    TollhouseError where the edition is not the newest truth (a customer who has paid would be debited) or a file cannot be
    written; then nothing is out and nothing is kept.
    """
    creditors = _creditors(file_format, creditors_file)
    if options.bank_code is not None and file_format == "pain.008" and options.bank_code not in creditors:
        raise UsageError(f"--creditors: {creditors_file} has no entry for bank {options.bank_code}")
    with run_lock(settings):
        edition = current_edition(settings.published)
        if edition is None:
            raise TollhouseError(no_edition(settings.published))
        _refuse_old_edition(settings, edition)
        if options.debit_on is not None and options.debit_on < edition.as_of:
            raise UsageError(f"--debit-on {options.debit_on} is before {edition.as_of}, the as-of date of the edition")
        kept = debit_requests(settings.ledger_path)
        bills = _open_bills(edition)
        banks = {bank for bank, _ in read_reference_book(settings.reference).result_codes}
        banks |= {bill.bank_code for bill in bills if bill.bank_code is not None and bill.fault is None}
        if options.bank_code is not None and options.bank_code not in banks:
            raise UsageError(
                f"--bank: '{options.bank_code}' is not a known bank; use one of {', '.join(sorted(banks))}"
            )
        batches, left_out = plan_requests(
            bills,
            _request_history(edition, kept),
            edition.as_of,
            options,
            partial(pain_008.pain_008_fault, creditors) if file_format == "pain.008" else canonical.canonical_fault,
        )
        now = datetime.now(UTC)
        contents = [_content(batch, file_format, creditors, now) for batch in batches]
        requests = [
            _request(batch, content, file_format, edition.edition, now)
            for batch, content in zip(batches, contents, strict=True)
        ]
        paths = [folder / request.file_name for request in requests]
        if requests:
            with _written(list(zip(paths, contents, strict=True))):
                keep_requests(settings.ledger_path, requests)
        written = [WrittenRequest(request, path) for request, path in zip(requests, paths, strict=True)]
        return ExportOutcome(edition.edition, edition.as_of, written, left_out)


@contextmanager
def _written(files: Sequence[tuple[Path, bytes]]) -> Iterator[None]:
    """The files, complete and flushed, as long as nothing fails; none of them where something fails."""
    done: list[Path] = []
    path = files[0][0]
    try:
        for path, content in files:
            _write(path, content)
            done.append(path)
        yield
    except BaseException as error:
        for out in done:
            with suppress(OSError):
                out.unlink()
        if isinstance(error, OSError):
            raise TollhouseError(
                f"{path} cannot be written: {error.strerror or error}; nothing was requested, name another folder with --out"
            ) from error
        raise


def _write(path: Path, content: bytes) -> None:
    """Write a new file. An existing one is never overwritten: it may have gone to the bank."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise TollhouseError(
            f"{path} exists already, and the ledger does not know it: an interrupted export left it, or it is not a "
            "file of Tollhouse. Move it away, then export again; nothing was requested"
        )
    building = path.with_name(f".{path.name}.building")
    try:
        building.write_bytes(content)
        flush(building)
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)
    flush(path.parent)


def _creditors(file_format: str, path: Path | None) -> dict[str, pain_008.Creditor]:
    if file_format == "pain.008":
        if path is None:
            raise UsageError("--format pain.008 needs --creditors FILE, which names the creditor for each bank")
        return pain_008.read_creditors(path)
    if path is not None:
        raise UsageError("--creditors is for --format pain.008 alone")
    return {}


def _refuse_old_edition(settings: Settings, edition: EditionFolder) -> None:
    """Refuse an edition that may lack the newest payments: its requests would debit people who have paid."""
    record = load_record(settings)
    if record is None or record.status not in ("published", "nothing_new") or record.edition != edition.edition:
        ending = "has no record" if record is None else f"ended with '{record.status}'"
        raise TollhouseError(
            f"the last run {ending}, so edition {edition.edition} may not know the newest payments; "
            "run `tollhouse run` until it publishes, then export"
        )
    with FileLedger(settings.ledger_path, read_only=True) as ledger:
        # Held and rejected files do not move the as-of date: a run without --as-of would not load them either.
        known = [file.file_date for file in ledger.files() if file.status in ("loaded", "registered")]
        newest = max((day for day in known if day is not None), default=edition.as_of)
        state = ledger.state()
    if newest > edition.as_of:
        raise TollhouseError(
            f"edition {edition.edition} stands for {edition.as_of}, and files up to {newest} are there: payments since then "
            "are not in it; run `tollhouse run` without --as-of, then export"
        )
    if state != record.ledger_state:
        raise TollhouseError(
            f"files came in or were decided on after edition {edition.edition} was made; run `tollhouse run`, then export"
        )


def _open_bills(edition: EditionFolder) -> list[OpenBill]:
    columns = (
        "account_id, bill_account_id, billing_period, bank_code, bank_account, customer_name, account_opened_on, amount, "
        "issued_on, due_on, fault"
    )
    return [OpenBill(*row) for row in _rows(edition, "open_debit_bills", columns)]


def _request_history(edition: EditionFolder, kept: list[RequestBatch]) -> RequestHistory:
    results = _rows(edition, "debit_requests", "bank_code, batch_id, line, result")
    elsewhere = _rows(
        edition,
        "debit_result_mismatches",
        "bank_code, request_batch_id, request_line",
        "kind = 'account_differs' and account_id <> requested_account_id and collected_amount > 0",
    )
    return RequestHistory(kept, {(bank, batch, line): result for bank, batch, line, result in results}, set(elsewhere))


def _rows(edition: EditionFolder, mart: str, columns: str, condition: str = "true") -> list[tuple]:  # type: ignore[type-arg]
    paths = [str(path) for path in edition.files(mart)]
    if not paths:
        return []
    with duckdb.connect() as con:
        try:
            return con.execute(f"select {columns} from read_parquet(?) where {condition}", [paths]).fetchall()
        except duckdb.Error as error:
            raise TollhouseError(
                f"edition {edition.edition}: {mart} cannot be read: {error}; see `tollhouse doctor`"
            ) from error


def _content(
    batch: PlannedBatch, file_format: str, creditors: dict[str, pain_008.Creditor], created_at: datetime
) -> bytes:
    if file_format == "pain.008":
        return pain_008.pain_008_request(batch, creditors[batch.bank_code], created_at)
    return canonical.canonical_request(batch)


def _request(batch: PlannedBatch, content: bytes, file_format: str, edition: str, now: datetime) -> RequestBatch:
    suffix = pain_008.SUFFIX if file_format == "pain.008" else canonical.SUFFIX
    return RequestBatch(
        bank_code=batch.bank_code,
        batch_id=batch.batch_id,
        billing_period=batch.billing_period,
        format=file_format,
        requested_on=batch.requested_on,
        debit_on=batch.debit_on,
        file_name=f"{batch.bank_code}_{batch.batch_id}.{suffix}",
        sha256=hashlib.sha256(content).hexdigest(),
        edition=edition,
        requested_at=now.isoformat(timespec="seconds"),
        requested_by=user_name(),
        lines=batch.lines,
    )
