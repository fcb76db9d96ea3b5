"""Decoding what is registered and not yet decoded by the present rules and facts. The decoders are beside this file."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from orchestration.errors import TollhouseError
from orchestration.ingestion.bank_results import ResultCodes, bank_signature, decode_bank_result
from orchestration.ingestion.cdr_decoding import cdr_signature, decode_cdr
from orchestration.ingestion.cdr_small_files import batches, decode_small_files
from orchestration.ingestion.customer_exports import customers_signature, decode_customer_export
from orchestration.ingestion.ledger import FileLedger
from orchestration.ingestion.ledger_schema import DecodedFile, FileEntry
from orchestration.settings import Settings

Progress = Callable[[int, int, str], None]


def decode_registered(
    settings: Settings,
    ledger: FileLedger,
    con: duckdb.DuckDBPyConnection,
    known_switches: set[str],
    progress: Progress | None = None,
    *,
    result_codes: ResultCodes,
    kind: str | None = None,
) -> list[DecodedFile]:
    """Decode every file (of a kind) that is not rejected and whose decode is missing or depended on other facts, in seen_order.

    A file keeps its status: judging is a later step (`judge_cdr_files`, `judge_bank_files`, `judge_exports`).
    Raises TollhouseError where a landed file is gone.
    """
    stale = [
        entry
        for entry in ledger.files(kind)
        if entry.status != "rejected"
        and entry.decoded_with != _signature(settings, entry, known_switches, result_codes)
    ]
    decoded_files: list[DecodedFile] = []
    for batch in batches(stale, known_switches):
        if progress is not None:
            progress(len(decoded_files) + len(batch), len(stale), f"{batch[-1].source}/{batch[-1].file_name}")
        for entry in batch:
            if not (settings.home / entry.landing_path).is_file():
                raise TollhouseError(
                    f"{settings.home / entry.landing_path}: the landed file {entry.file_id} is gone; "
                    f"restore it from a backup or from the delivery {entry.source}/{entry.file_name}"
                )
        with ledger.transaction():
            if len(batch) > 1:
                decoded = decode_small_files(settings, con, batch, known_switches)
            else:
                decoded = [_decode(settings, ledger, con, batch[0], known_switches, result_codes)]
            for one in decoded:
                ledger.record_decode(one)
        decoded_files += decoded
    return decoded_files


def _decode(
    settings: Settings,
    ledger: FileLedger,
    con: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    known_switches: set[str],
    result_codes: ResultCodes,
) -> DecodedFile:
    if entry.file_kind == "cdr":
        return decode_cdr(settings, con, entry, known_switches)
    if entry.file_kind == "bank":
        return decode_bank_result(settings, ledger, entry, result_codes)
    return decode_customer_export(settings, con, entry)


def _signature(settings: Settings, entry: FileEntry, known_switches: set[str], result_codes: ResultCodes) -> str:
    if entry.file_kind == "cdr":
        return cdr_signature(entry, known_switches, settings.time_zone)
    return bank_signature(entry, result_codes) if entry.file_kind == "bank" else customers_signature(entry)
