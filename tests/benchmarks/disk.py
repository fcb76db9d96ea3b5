"""What the state of a home takes on the disk: per million calls, and per daily run. The table of docs/operations.md is of it.

    python -m tests.benchmarks.disk [FOLDER]

A month of 33 334 calls a day comes in as CSV: 28 days in one run, then day by day. What a part grows by from one daily run to the next
is what each run costs whatever it has to do, and what the day's calls cost.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.benchmarks.workload import FIRST_DAY, Workload, make_workload, write_day

CALLS_A_DAY, FIRST_DAYS, DAYS = 33_334, 28, 30
PARTS = {
    "landed files": ("landing",),
    "raw zone": ("raw",),
    "warehouse": ("warehouse.duckdb",),
    "editions": ("published",),
    "ledger": ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"),
    "Dagster's history": ("dagster",),
    "other": ("closed", "last_run.json", "logs", "alerts.sqlite"),
}


def main() -> None:
    """Make the month, run it, and print what each part takes after each run, in MB."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        made = make_workload(Path(folder), CALLS_A_DAY, FIRST_DAYS)
        _run(made, "run")
        print(f"{'MB after':20}", *(f"{name:>18}" for name in PARTS))
        _print(made, f"{FIRST_DAYS} days in one run")
        for day in range(FIRST_DAYS, DAYS):
            write_day(made, FIRST_DAY + timedelta(days=day))
            _run(made, "run")
            _print(made, f"{day + 1} days")
        _run(made, "prune", "--keep", "1", TOLLHOUSE_PRUNE_PACK_AFTER_DAYS="0")
        _print(made, "prune, packed")


def _run(made: Workload, *words: str, **more: str) -> None:
    settings = {"TOLLHOUSE_HOME": str(made.home), "TOLLHOUSE_REFERENCE": str(made.reference), **more}
    command = [str(Path(sys.executable).with_name("tollhouse")), *words]
    subprocess.run(command, env={**os.environ, **settings}, check=True, stdout=subprocess.DEVNULL)


def _print(made: Workload, after: str) -> None:
    print(f"{after:20}", *(f"{_megabytes(made.home, names):>18.1f}" for names in PARTS.values()), flush=True)


def _megabytes(home: Path, names: tuple[str, ...]) -> float:
    """What the disk gives to files, each counted once however many names it has."""
    tops = [home / name for name in names if (home / name).exists()]
    paths = [path for top in tops for path in ([top] if top.is_file() else top.rglob("*")) if path.is_file()]
    blocks = {(found.st_dev, found.st_ino): found.st_blocks for found in map(os.stat, paths)}
    return sum(blocks.values()) * 512 / 1e6


if __name__ == "__main__":
    main()
