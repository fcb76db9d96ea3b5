"""`make bench`: measure the product against the work itself and against its peers, and write docs/performance.md.

make bench                           the day of 1 000 000 calls: about 20 minutes on 2 cores
make bench CALLS=200000              a smaller day
make bench FORM=--full               the day of 10 000 000 calls: about an hour, 30 GB of disk
python -m tests.benchmarks --only rating,peers --no-page
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from orchestration.warehouse.dbt_runner import ensure_manifest
from tests.benchmarks.measuring import PROJECT, machine, revision
from tests.benchmarks.parts import PARTS, Size, say
from tests.benchmarks.report import targets, write_page

FULL_CALLS = 10_000_000
FEWEST_CALLS = 1_000
_PARTS_HELP = """parts and what they take on 2 cores, at 1 000 000 calls and in the full form, with three rounds:
  fixed     a day of 1 000 calls, first and later            4 min    4 min
  variable  the day: product, bare SQL, Polars, the copy     3 min   15 min
  peers     at most 1 000 000 calls: pandas, PostgreSQL, …   4 min    4 min
  history   a day at 90 days of history against the first    5 min    5 min
  memory    three times the day with a memory limit          3 min   20 min
  rating    the rating step alone in one thread              1 min    1 min
  site      the pages of the demo city, and twenty readers   4 min    4 min
"""


def main() -> int:
    """Measure the parts asked for; each writes its figures as it ends. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, epilog=_PARTS_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls of the day (1 000 000)")
    parser.add_argument(
        "--full", action="store_true", help="the day of 10 000 000 calls, 30 000 000 with a memory limit"
    )
    parser.add_argument("--only", metavar="PART,…", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind, whose median counts (3)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads of every engine (all cores)")
    parser.add_argument("--folder", type=Path, help="where to work; what is made there is removed (a temporary folder)")
    parser.add_argument(
        "--results", type=Path, default=PROJECT / "var" / "benchmark", help="figures as JSON, one file a part"
    )
    parser.add_argument("--no-page", action="store_true", help="leave docs/performance.md alone")
    typed = parser.parse_args()
    calls = FULL_CALLS if typed.full else typed.calls
    wanted = typed.only.split(",") if typed.only else list(PARTS)
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown or calls < FEWEST_CALLS or typed.rounds < 1:
        parser.error(f"no part {', '.join(unknown)}" if unknown else f"{FEWEST_CALLS} calls and one round at the least")

    results: Path = typed.results / str(calls)
    results.mkdir(parents=True, exist_ok=True)
    if typed.folder:
        typed.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="tollhouse-bench-", dir=typed.folder))
    ensure_manifest()
    try:
        for name in wanted:
            say(f"{name}: begun {datetime.now(UTC):%H:%M:%S} UTC")
            begun = time.perf_counter()
            figures = PARTS[name](Size(folder, calls, typed.threads, typed.rounds))
            about = {
                "date": f"{datetime.now(UTC):%Y-%m-%d}",
                "revision": revision(),
                "machine": machine(),
                "rounds": typed.rounds,
            }
            about["command"] = "`make bench FORM=--full`" if typed.full else f"`make bench CALLS={calls}`"
            (results / f"{name}.json").write_text(json.dumps({"about": about, **figures}, indent=1), encoding="utf-8")
            say(f"{name}: {time.perf_counter() - begun:.0f} s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = {
        name: json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
        for name in PARTS
        if (results / f"{name}.json").is_file()
    }
    for measure, target, value, met in targets(found):
        print(f"{met:8} {measure}: {value} ({target})")
    if not typed.no_page:
        write_page({**found, "about": found[wanted[-1]]["about"]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
