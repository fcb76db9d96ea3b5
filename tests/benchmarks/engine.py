"""One engine's work in a process of its own: `python -m tests.benchmarks.engine NAME FOLDER CALLS THREADS`.

Prints the seconds of its steps and its totals as JSON. Imports and the compiling of the small book are not timed.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.workload import FIRST_DAY, Workload

ENGINES = ("fused_sql", "polars_streaming", "pandas_frames", "postgresql", "per_record")
COPY = "csv_to_parquet"


def run_engine(name: str, made: Workload, threads: int) -> dict[str, Any]:
    """Seconds in all, per step, and the totals (empty for the mere copy)."""
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    from tests.benchmarks.tariff import compile_book

    book = compile_book(made.reference, FIRST_DAY)
    with tempfile.TemporaryDirectory(dir=made.folder) as folder:
        if name == COPY:
            seconds = _copied(made, Path(folder), threads)
            return {"seconds": seconds, "steps": {"copy": seconds}, "totals": ""}
        engine = importlib.import_module(f"tests.benchmarks.engines.{name}")
        outcome = engine.run(made, book, FIRST_DAY, Path(folder), threads)
        return {"seconds": sum(outcome.seconds.values()), "steps": outcome.seconds, "totals": str(outcome.totals)}


def _copied(made: Workload, folder: Path, threads: int) -> float:
    import duckdb

    from tests.benchmarks.engines.fused_sql import read_calls

    with duckdb.connect() as con:
        con.execute(f"set threads = {threads}")
        con.execute("set preserve_insertion_order = false")
        begun = time.perf_counter()
        con.execute(
            f"copy (select * from {read_calls(made.call_files())}) to '{folder}/copy.parquet' (format parquet, compression lz4)"
        )
        return round(time.perf_counter() - begun, 3)


if __name__ == "__main__":
    typed_name, typed_folder, typed_calls, typed_threads = sys.argv[1:]
    print(json.dumps(run_engine(typed_name, Workload(Path(typed_folder), int(typed_calls)), int(typed_threads))))
