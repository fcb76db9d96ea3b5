"""What is measured, part by part. Each part makes its own branch, runs, and gives plain figures; report.py judges them.

Runs that are compared are interleaved (A B C, A B C, …) and told by their medians. Engines that come to other totals than the
product end the benchmark: a comparison of unequal work is worth nothing.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.engine import COPY
from tests.benchmarks.engines import postgresql
from tests.benchmarks.measuring import measured, median, python
from tests.benchmarks.product import RATING_STEPS, Run, edition_outcome, run_product
from tests.benchmarks.rating_step import rate_alone
from tests.benchmarks.site import measure_demo
from tests.benchmarks.workload import FIRST_DAY, Workload, make_workload, write_day, write_exports

FIXED_CALLS = 1_000
PEER_CALLS = 1_000_000
HISTORY_DAYS, HISTORY_CALLS = 90, 20_000
#: 2 GB for 30 million calls, and the same for fewer; but never less than an engine of this kind can start with.
MEMORY_BYTES_PER_CALL, LEAST_MEMORY_MB = 2_000_000_000 / 30_000_000, 600


@dataclass(frozen=True)
class Size:
    """How much is measured and where."""

    folder: Path
    calls: int
    threads: int
    rounds: int


Figures = dict[str, Any]


def say(text: str) -> None:
    """Tell what goes on, as it goes on."""
    print(text, file=sys.stderr, flush=True)


def fixed(size: Size) -> Figures:
    """The first run of all on a day of 1 000 calls, and a later day's run."""
    firsts, laters = [], []
    for at in range(size.rounds):
        made = _made(size.folder / f"fixed{at}", FIXED_CALLS)
        firsts.append(_told("first run, 1 000 calls", run_product(made, size.threads)))
        for day in range(1, 8):
            write_day(made, FIRST_DAY + timedelta(days=day))
        run_product(made, size.threads)
        _deliver(made, 8)
        laters.append(_told("a day after a week of history, 1 000 calls", run_product(made, size.threads)))
        shutil.rmtree(made.folder)
    return {"calls": FIXED_CALLS, "first": _runs(firsts), "later": _runs(laters)}


def variable(size: Size) -> Figures:
    """The product on the day, the bare SQL, Polars and the copy of the files to Parquet, in turn."""
    made = _made(size.folder / "variable", size.calls)
    return _in_turn(made, size, ["fused_sql", "polars_streaming", COPY])


def peers(size: Size) -> Figures:
    """The product and the engines that are not for many millions of calls, in turn, on one million at most."""
    made = _made(size.folder / "peers", min(size.calls, PEER_CALLS))
    names = ["fused_sql", "pandas_frames", "per_record"] + (["postgresql"] if postgresql.programs() else [])
    figures = _in_turn(made, size, names)
    return {**figures, "postgresql": postgresql.version(), "postgresql_settings": postgresql.SETTINGS}


def history(size: Size) -> Figures:
    """A day's run over 90 days of history against the run of a first day, days of equal size."""
    long = _made(size.folder / "history", HISTORY_CALLS, days=HISTORY_DAYS)
    _told(f"{HISTORY_DAYS} days at once", run_product(long, size.threads))
    firsts, laters = [], []
    for at in range(size.rounds):
        short = _made(size.folder / f"first{at}", HISTORY_CALLS)
        firsts.append(_told("a first day", run_product(short, size.threads)))
        shutil.rmtree(short.folder)
        _deliver(long, HISTORY_DAYS + at)
        laters.append(_told(f"a day after {HISTORY_DAYS + at}", run_product(long, size.threads)))
    shutil.rmtree(long.folder)
    return {"calls": HISTORY_CALLS, "days": HISTORY_DAYS, "first": _runs(firsts), "later": _runs(laters)}


def memory(size: Size) -> Figures:
    """Three times the day, without a memory limit and with one of 2 GB for 30 million calls."""
    calls = 3 * size.calls
    limit = max(LEAST_MEMORY_MB, round(calls * MEMORY_BYTES_PER_CALL / 1_000_000))
    sources = _made(size.folder / "memory", calls)
    found: dict[str, list[Run]] = {"free": [], "bound": []}
    totals = set()
    for _ in range(max(1, size.rounds // 3)):
        for name, bound in (("free", None), ("bound", f"{limit}MB")):
            home = _copied(sources, size.folder / f"memory-{name}")
            found[name].append(
                _told(f"{calls:,} calls, memory {bound or 'free'}", run_product(home, size.threads, bound))
            )
            totals.add(str(edition_outcome(home).totals))
            shutil.rmtree(home.folder)
    shutil.rmtree(sources.folder)
    if len(totals) != 1:
        raise RuntimeError(f"the memory limit changes the totals: {totals}")
    return {"calls": calls, "limit_mb": limit, **{name: _runs(runs) for name, runs in found.items()}}


def rating(size: Size) -> Figures:
    """The rating step alone, in one thread, on calls in memory."""
    made = _made(size.folder / "rating", PEER_CALLS)  # fewer would measure the plan of the query
    run_product(made, size.threads)
    figures = rate_alone(made, max(3, size.rounds))
    told, explained = figures["calls_per_second"], figures["explained_per_second"]
    say(f"  rating alone: {told:,.0f} calls a second, with all explaining columns {explained:,.0f}")
    shutil.rmtree(made.folder)
    return figures


def pages(size: Size) -> Figures:
    """The pages of the demo city, whatever the size of the day."""
    return measure_demo(size.folder)


PARTS: dict[str, Callable[[Size], Figures]] = {
    "fixed": fixed, "variable": variable, "peers": peers, "history": history, "memory": memory, "rating": rating, "site": pages,
}  # fmt: skip


def _in_turn(sources: Workload, size: Size, names: list[str]) -> Figures:
    runs: list[Run] = []
    others: dict[str, list[Figures]] = {name: [] for name in names}
    for at in range(size.rounds):
        home = _copied(sources, size.folder / "in-turn")
        runs.append(_told(f"round {at + 1}: tollhouse run, {sources.calls:,} calls", run_product(home, size.threads)))
        totals = str(edition_outcome(home).totals)
        shutil.rmtree(home.folder)
        for name in names:
            done = measured(
                python(
                    "-m", "tests.benchmarks.engine", name, str(sources.folder), str(sources.calls), str(size.threads)
                ),
                {},
            )
            if done.exit_code:
                raise RuntimeError(f"{name} ended with {done.exit_code}: {done.errors[-2000:]}")
            told = json.loads(done.output)
            if told["totals"] not in ("", totals):
                raise RuntimeError(f"{name} and the product differ: {told['totals']} against {totals}")
            say(f"  round {at + 1}: {name} {told['seconds']:.2f} s, peak {done.peak_mib:.0f} MiB {told['steps']}")
            others[name].append({**told, "peak_mib": done.peak_mib})
    csv_bytes = sum(path.stat().st_size for path in sources.call_files())
    figures = {
        "calls": sources.calls,
        "csv_mb": csv_bytes / 1e6,
        "totals": totals,
        "product": _runs(runs),
        "engines": {
            name: {
                "seconds": median([run["seconds"] for run in found]),
                "peak_mib": max(run["peak_mib"] for run in found),
                "steps": {step: median([run["steps"][step] for run in found]) for step in found[0]["steps"]},
            }
            for name, found in others.items()
        },
    }
    shutil.rmtree(sources.folder)
    return figures


def _made(folder: Path, calls: int, days: int = 1) -> Workload:
    return make_workload(folder, calls, days)


def _copied(made: Workload, folder: Path) -> Workload:
    shutil.copytree(made.folder, folder, copy_function=shutil.copy2)
    return Workload(folder, made.calls)


def _deliver(made: Workload, day: int) -> None:
    write_day(made, FIRST_DAY + timedelta(days=day))
    write_exports(made, FIRST_DAY + timedelta(days=day))


def _told(what: str, run: Run) -> Run:
    say(
        f"  {what}: {run.seconds:.1f} s (processor {run.processor_seconds:.1f} s; the steps of rating {run.rating_seconds:.1f} s), "
        f"peak {run.peak_mib:.0f} MiB"
    )
    return run


def _runs(runs: list[Run]) -> Figures:
    """Medians of several runs of one kind, the single clock times, and the highest peak."""
    return {
        "seconds": median([run.seconds for run in runs]),
        "each": [round(run.seconds, 1) for run in runs],
        "processor_seconds": median([run.processor_seconds for run in runs]),
        "rating_seconds": median([run.rating_seconds for run in runs]),
        "rating_steps": list(RATING_STEPS),
        "peak_mib": max(run.peak_mib for run in runs),
        "steps": {name: median([run.steps.get(name, 0.0) for run in runs]) for name in runs[0].steps},
        "models": {name: median([run.models.get(name, 0.0) for run in runs]) for name in runs[0].models},
        "runs": [asdict(run) | {"models": {}} for run in runs],
    }
