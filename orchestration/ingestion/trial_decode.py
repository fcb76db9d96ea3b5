"""Decoding a file on trial: in a process and a folder of their own, both gone afterwards.

A process that decoded the file has ended without a word before. Whether the file was to blame, or somebody killed the run just
then, shows when it is decoded apart: if the trial ends in the same way, only the trial ends.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import tempfile
from dataclasses import replace
from pathlib import Path

from orchestration.ingestion.bank.results import ResultCodes
from orchestration.ingestion.file_decoding import decode_file, open_engine
from orchestration.ingestion.file_reading.bounds import Bounds
from orchestration.ingestion.landed.landed_packing import landed_path
from orchestration.ledger.schema import FileEntry
from orchestration.settings import Settings

_STARTING_SECONDS = 60


def ends_its_process(
    settings: Settings, entry: FileEntry, bounds: Bounds, known_switches: set[str], result_codes: ResultCodes
) -> str | None:
    """How a process that decodes the file ends before it has an answer; None where it gives one, sound or not."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="tollhouse-trial-") as folder:
        arguments = (settings, entry, bounds, known_switches, dict(result_codes), Path(folder))
        process = context.Process(target=_decode, args=arguments, daemon=True)
        process.start()
        try:
            process.join(bounds.seconds + _STARTING_SECONDS)
            if process.exitcode is None:
                return f"it was not decoded within {bounds.seconds} s and could not be interrupted"
        finally:
            process.kill()
            process.join()
    code = process.exitcode
    if not code:
        return None
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _decode(
    settings: Settings,
    entry: FileEntry,
    bounds: Bounds,
    known_switches: set[str],
    result_codes: ResultCodes,
    folder: Path,
) -> None:
    """The trial itself: an error is an answer; only the end of the process is not."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the run is who ends this one
    landed = landed_path(settings.home, entry)
    apart = replace(settings, home=folder)
    try:
        with open_engine(apart) as engine:
            decode_file(apart, engine, replace(entry, landing_path=str(landed)), bounds, known_switches, result_codes)
    except Exception:  # noqa: BLE001  whatever is wrong with the file, the run itself will find and keep it
        return
