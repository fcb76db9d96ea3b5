"""Decoding what is registered and not yet decoded by the present rules and facts. The decoders are beside this file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb

from orchestration.errors import TollhouseError
from orchestration.ingestion.cdr_decoding import cdr_signature, decode_cdr
from orchestration.ingestion.ledger import FileLedger
from orchestration.ingestion.ledger_schema import DecodedFile, FileEntry
from orchestration.ingestion.packing import PackingError
from orchestration.settings import Settings

Progress = Callable[[int, int, str], None]
ResultCodes = Mapping[tuple[str, str], str]  # (bank_code, result_code) → outcome, of the book's debit_result_codes


def decode_registered(
    settings: Settings,
    ledger: FileLedger,
    con: duckdb.DuckDBPyConnection,
    known_switches: set[str],
    progress: Progress | None = None,
    *,
    result_codes: ResultCodes,
) -> list[DecodedFile]:
    """Decode every file that is not rejected and whose decode is missing or depended on other facts, in seen_order.

    A CDR file decoded afresh keeps its status; judging is a later step. Customers files become loaded.
    """
    stale = [
        (entry, signature)
        for entry in ledger.files()
        if entry.status != "rejected"
        and entry.decoded_with != (signature := _signature(entry, known_switches, result_codes))
    ]
    decoded_files = []
    for number, (entry, _) in enumerate(stale, start=1):
        if progress is not None:
            progress(number, len(stale), f"{entry.source}/{entry.file_name}")
        decoded = decode_cdr(settings, con, entry, known_switches)
        ledger.record_decode(decoded)
        decoded_files.append(decoded)
    return decoded_files


def _signature(entry: FileEntry, known_switches: set[str], result_codes: ResultCodes) -> str:
    return cdr_signature(entry, known_switches)
