"""Decoding one file to the raw zone within its bounds, and the engine that does it. Which files, and in which order, is
decoding.py's matter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from orchestration.ingestion.bank.results import ResultCodes, decode_bank_result
from orchestration.ingestion.cdr.decoding import decode_cdr
from orchestration.ingestion.customers.exports import decode_customer_export
from orchestration.ingestion.file_reading.bounds import Bounds, resident_bytes, within
from orchestration.ingestion.file_reading.file_faults import is_of_the_machine
from orchestration.ingestion.landing.headers import line_marks
from orchestration.ledger.schema import DecodedFile, FileEntry
from orchestration.settings import Settings


def decode_file(
    settings: Settings,
    engine: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    bounds: Bounds,
    known_switches: set[str],
    result_codes: ResultCodes,
) -> DecodedFile:
    """Decode one file to the raw zone, within its bounds of size, lines, depth and memory. Nothing is kept in the ledger."""
    with within_bounds(settings, entry, bounds):
        if entry.file_kind == "cdr":
            return decode_cdr(settings, engine, entry, known_switches)
        if entry.file_kind == "bank":
            return decode_bank_result(settings, entry, result_codes)
        return decode_customer_export(settings, engine, entry)


@contextmanager
def within_bounds(settings: Settings, entry: FileEntry, bounds: Bounds) -> Iterator[None]:
    """In this context a file (or others like it) is processed within its bounds. Raises BoundExceeded, also where a reader made another
    error of it."""
    memory_bytes = settings.file_memory_bytes
    if entry.file_kind != "bank":  # the engine takes its share too
        memory_bytes = max(memory_bytes, settings.memory_bytes - resident_bytes())
    with within(bounds, line_marks(entry.file_kind, entry.format), memory_bytes) as at_work:
        try:
            yield
        except Exception as error:
            if at_work.fault is not None and not is_of_the_machine(error):
                raise at_work.fault from error
            raise


@contextmanager
def open_engine(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory for decoding, with the settings' bounds: one that a file has spoilt is closed and another opened,
    and the warehouse has nothing to do with it. What does not fit goes into a folder that is removed with it."""
    spill = settings.home / "decoding.tmp"
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
    }
    if settings.engine_memory_limit:
        config["memory_limit"] = settings.engine_memory_limit
    con = duckdb.connect(config=config)
    try:
        yield con
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)
