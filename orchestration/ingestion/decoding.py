"""Decoding what is registered and not yet decoded by the present rules and facts. The decoders are beside this file.

A file can only harm itself: whatever goes wrong with it, and whatever it takes too much of, rejects that file with the reason.
A file that ends the process is found by the next run from its mark: it is decoded apart first, and set aside if that ends too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby

import duckdb

from orchestration.errors import TollhouseError
from orchestration.ingestion.bank.results import ResultCodes, bank_signature
from orchestration.ingestion.cdr.decoding import cdr_signature
from orchestration.ingestion.cdr.small_files import batches, decode_small_files
from orchestration.ingestion.customers.exports import customers_signature
from orchestration.ingestion.decoding_mark import DecodingMark
from orchestration.ingestion.file_decoding import decode_file, open_engine, within_bounds
from orchestration.ingestion.file_reading.bounds import Bounds, Clock
from orchestration.ingestion.file_reading.file_faults import fault_text, is_of_the_machine
from orchestration.ingestion.landed.landed_files import refuse_changed
from orchestration.ingestion.raw_parts import written_parts
from orchestration.ingestion.sources.declaration import bounds_of_sources
from orchestration.ingestion.trial_decode import ends_its_process
from orchestration.ledger.file_ledger import PROCESS_ENDED, UNREADABLE, FileLedger
from orchestration.ledger.schema import DecodedFile, FileEntry
from orchestration.settings import Settings

Progress = Callable[[int, int, str], None]

#: How often the process may end while it works on a file, before the file is set aside whatever a trial finds: people kill runs
#: too, and several in a row, but hardly ever at the same file.
MOST_ENDED_PROCESSES = 4


def decode_registered(
    settings: Settings,
    ledger: FileLedger,
    known_switches: set[str],
    progress: Progress | None = None,
    *,
    result_codes: ResultCodes,
    kind: str | None = None,
    on_rejected: Callable[[FileEntry], None] = lambda _: None,
) -> list[DecodedFile]:
    """Decode every file (of a kind) that is not rejected and whose decode is missing or depended on other facts, in seen_order.

    A file keeps its status: the verdict is a later step (`check_cdr_files`, `check_bank_files`, `check_exports`). One that cannot
    be decoded is rejected, and `on_rejected` is called with it. Raises TollhouseError where a landed file is gone or changed,
    and what is the machine's fault (file_faults.py).
    """

    def is_stale(entry: FileEntry) -> bool:
        signature = decode_signature(settings, entry, known_switches, result_codes)
        return entry.status != "rejected" and entry.decoded_with != signature

    with DecodingMark(settings.home) as mark:
        suspects = _suspects(ledger, mark, is_stale)
        stale = [entry for entry in ledger.files(kind) if is_stale(entry)]
        if not stale:
            return []
        bounds_of, ended = bounds_of_sources(settings), ledger.ended_processes()
        waiting = _portions(stale, known_switches, bounds_of, suspects | set(ended))
        decoded_files: list[DecodedFile] = []
        done = 0
        while waiting:
            with open_engine(settings) as engine, Clock(engine) as clock:
                is_sound = True
                while waiting and is_sound:
                    portion = waiting.popleft()
                    first, bounds = portion[0], bounds_of(portion[0].source)
                    done += len(portion)
                    if progress is not None:
                        progress(done, len(stale), f"{portion[-1].source}/{portion[-1].file_name}")
                    for entry in portion:
                        refuse_changed(settings, entry)
                    try:
                        fault = None
                        if first.file_id in ended:
                            times = ended[first.file_id]
                            fault = _ended_fault(settings, first, bounds, known_switches, result_codes, times)
                        if fault is None:
                            if any(entry.decoded_with is not None for entry in portion):
                                ledger.begin_decode([entry.file_id for entry in portion])
                            mark.set(first.file_id, portion[-1].file_id)
                            with clock.file(bounds):
                                decoded = _decode(settings, engine, portion, bounds, known_switches, result_codes)
                            with ledger.transaction():
                                for one in decoded:
                                    ledger.record_decode(one)
                                _keep_parts(settings, ledger, decoded)
                            decoded_files += decoded
                    except Exception as error:
                        if is_of_the_machine(error):
                            raise
                        fault = fault_text(error, "decoded")
                        is_sound = _is_sound(engine)
                    finally:
                        mark.clear()
                    if fault is None:
                        continue
                    if len(portion) > 1:  # decoded one by one, the file at fault is found
                        done -= len(portion)
                        waiting.extendleft([entry] for entry in reversed(portion))
                        continue
                    ledger.set_status(first.file_id, "rejected", f"{UNREADABLE}{fault}")
                    on_rejected(ledger.file(first.file_id))
    return decoded_files


def decode_signature(settings: Settings, entry: FileEntry, known_switches: set[str], result_codes: ResultCodes) -> str:
    """What the decode of a file depends on today; `decoded_with` of the ledger is that of its last decode."""
    if entry.file_kind == "cdr":
        return cdr_signature(entry, known_switches, settings.time_zone)
    return bank_signature(entry, result_codes) if entry.file_kind == "bank" else customers_signature(entry)


def decode_again(
    settings: Settings,
    entries: Sequence[FileEntry],
    known_switches: set[str],
    result_codes: ResultCodes,
    progress: Progress,
) -> list[DecodedFile]:
    """Decode files to the raw zone of the settings, in their order, and keep nothing in the ledger.

    Raises TollhouseError naming the first file that cannot be decoded.
    """
    bounds_of = bounds_of_sources(settings)
    waiting = _portions(entries, known_switches, bounds_of, set())
    decoded: list[DecodedFile] = []
    while waiting:
        with open_engine(settings) as engine, Clock(engine) as clock:
            is_sound = True
            while waiting and is_sound:
                portion = waiting.popleft()
                first, bounds = portion[0], bounds_of(portion[0].source)
                progress(len(decoded) + len(portion), len(entries), f"{portion[-1].source}/{portion[-1].file_name}")
                try:
                    with clock.file(bounds):
                        decoded += _decode(settings, engine, portion, bounds, known_switches, result_codes)
                except Exception as error:
                    if is_of_the_machine(error):
                        raise
                    if len(portion) == 1:
                        raise TollhouseError(
                            f"{first.source}/{first.file_name} ({first.file_id}) was decoded before and cannot be now: "
                            f"{fault_text(error, 'decoded')}"
                        ) from error
                    waiting.extendleft([entry] for entry in reversed(portion))
                    is_sound = _is_sound(engine)
    return decoded


def _keep_parts(settings: Settings, ledger: FileLedger, decoded: Sequence[DecodedFile]) -> None:
    """Keep what the decode of these files has written to the raw zone."""
    ids = [one.file_id for one in decoded]
    ledger.record_raw_parts(
        ids, [part for file_id in ids for part in written_parts(settings.raw, ledger.file(file_id))]
    )


def _suspects(ledger: FileLedger, mark: DecodingMark, is_stale: Callable[[FileEntry], bool]) -> set[str]:
    """The files of a portion at which a process has ended. Where it was one file, the ledger notes it."""
    left = mark.found()
    if left is None:
        return set()
    first_id, last_id = left
    places = [entry.seen_order for entry in ledger.files() if entry.file_id in left]  # none: of a ledger that is gone
    at_work = [e for e in ledger.files() if places and min(places) <= e.seen_order <= max(places) and is_stale(e)]
    if first_id == last_id:
        for entry in at_work:
            ledger.note_process_ended(entry.file_id)
    mark.clear()
    return {entry.file_id for entry in at_work}


def _portions(
    entries: Sequence[FileEntry], known_switches: set[str], bounds_of: Callable[[str], Bounds], apart: set[str]
) -> deque[list[FileEntry]]:
    """The entries in the portions they are decoded in: many small files at once where their bounds are the same and none of
    them is to be decoded `apart`."""
    portions: deque[list[FileEntry]] = deque()
    for batch in batches(entries, known_switches):
        for (_, alone), files in groupby(batch, lambda entry: (bounds_of(entry.source), entry.file_id in apart)):
            together = list(files)
            portions.extend([[entry] for entry in together] if alone else [together])
    return portions


def _decode(
    settings: Settings,
    engine: duckdb.DuckDBPyConnection,
    portion: Sequence[FileEntry],
    bounds: Bounds,
    known_switches: set[str],
    result_codes: ResultCodes,
) -> list[DecodedFile]:
    """Decode the files of a portion."""
    if len(portion) == 1:
        return [decode_file(settings, engine, portion[0], bounds, known_switches, result_codes)]
    with within_bounds(settings, portion[0], bounds):
        return decode_small_files(settings, engine, portion, known_switches)


def _ended_fault(
    settings: Settings,
    entry: FileEntry,
    bounds: Bounds,
    known_switches: set[str],
    result_codes: ResultCodes,
    times: int,
) -> str | None:
    """Why a file at which a process has ended is not decoded in this one; None where it can be."""
    how = f"{times} times" if times >= MOST_ENDED_PROCESSES else None
    if how is None:
        how = ends_its_process(settings, entry, bounds, known_switches, result_codes)
    if how is None:
        return None
    return (
        f"{PROCESS_ENDED} while it was decoded ({how}). If the file is right, raise TOLLHOUSE_MEMORY_LIMIT or have it "
        "delivered in parts, and use `tollhouse files retry`"
    )


def _is_sound(engine: duckdb.DuckDBPyConnection) -> bool:
    """Whether the engine can go on: a fatal error of its own makes it refuse everything after it."""
    try:
        engine.execute("select 1")
    except duckdb.Error:
        return False
    return True
