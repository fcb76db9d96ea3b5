"""The product as it is measured: the command in a process of its own, and what its edition comes to."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks.measuring import Measured, measured
from tests.benchmarks.outcome import Outcome
from tests.benchmarks.workload import Workload

_STATES = (
    "duplicate", "other_day", "partial", "not_answered", "not_charged", "undocumented", "unrated", "rated", "held", "malformed",
)  # fmt: skip
#: The steps that do what the peers do: load, duplicates, holders, zones, charge, usage (and the traffic of every trunk group).
RATING_STEPS = ("decode call records", "check call files", "rate the stale days")


@dataclass(frozen=True)
class Run:
    """One `tollhouse run`: seconds by the clock and of the processor, peak memory, and its own steps."""

    seconds: float
    processor_seconds: float
    peak_mib: float
    steps: dict[str, float]
    models: dict[str, float]

    @property
    def rating_seconds(self) -> float:
        """Of the steps that the peers do too."""
        return sum(self.steps[name] for name in RATING_STEPS)


def run_product(made: Workload, threads: int, memory_limit: str | None = None) -> Run:
    """Run the command on the workload's home. Raises RuntimeError with what it said where it did not publish."""
    settings = {
        "TOLLHOUSE_HOME": str(made.home),
        "TOLLHOUSE_REFERENCE": str(made.reference),
        "TOLLHOUSE_THREADS": str(threads),
    }
    if memory_limit:
        settings["TOLLHOUSE_MEMORY_LIMIT"] = memory_limit
    done = measured([str(Path(sys.executable).parent / "tollhouse"), "--json", "run"], settings)
    answer: dict[str, Any] = _answer(done)
    steps = {step["step"]: float(step["seconds"]) for step in answer["steps"]}
    return Run(done.seconds, done.processor_seconds, done.peak_mib, steps, _models(made))


def _answer(done: Measured) -> dict[str, Any]:
    if done.exit_code:
        raise RuntimeError(f"the run ended with {done.exit_code}: {done.output[-2000:]} {done.errors[-2000:]}")
    answer: dict[str, Any] = json.loads(done.output)
    if answer["status"] != "published":
        raise RuntimeError(f"the run published nothing: {answer['status']}")
    return answer


def _models(made: Workload) -> dict[str, float]:
    """Seconds per dbt model and test of the last run, as Dagster's history of it has them."""
    found: dict[str, float] = {}
    runs = [path for path in (made.home / "dagster" / "history" / "runs").glob("*.db") if path.name != "index.db"]
    with closing(sqlite3.connect(max(runs, key=lambda path: path.stat().st_mtime))) as history:
        kinds = "('ASSET_MATERIALIZATION', 'ASSET_CHECK_EVALUATION')"
        for (text,) in history.execute(f"select event from event_logs where dagster_event_type in {kinds}"):
            told = json.loads(text)["dagster_event"]["event_specific_data"]
            if "materialization" in told:
                entries = told["materialization"]["metadata_entries"]
                seconds = [entry["entry_data"]["value"] for entry in entries if entry["label"] == "seconds"]
                name = told["materialization"]["asset_key"]["path"][-1]
            else:
                seconds = [told["metadata"]["seconds"]["value"]] if "seconds" in told["metadata"] else []
                name = f"test {told['check_name']}"
            if seconds:
                found[name] = float(seconds[0])
    return found


def edition_outcome(made: Workload) -> Outcome:
    """What the current edition says of all its files, in the terms of the peers."""
    published = made.home / "published"
    pointer = json.loads((published / "current.json").read_text(encoding="utf-8"))
    manifest = json.loads((published / pointer["path"] / "manifest.json").read_text(encoding="utf-8"))

    def mart(name: str) -> str:
        paths = [str(published / entry["path"]) for entry in manifest["marts"][name]["files"]]
        return f"read_parquet({paths}, hive_partitioning = false)"

    with duckdb.connect() as con:
        sums = ", ".join(f"cast(coalesce(sum({state}), 0) as bigint)" for state in _STATES)
        states = con.execute(f"select {sums} from {mart('file_reconciliation')} where file_kind = 'cdr'").fetchone()
        rated = con.execute(
            "select coalesce(sum(amount), 0), cast(coalesce(sum(charged_seconds), 0) as bigint), "
            f"count(distinct (account_id, charged_number, bill_item_id)) from {mart('rated_calls')}"
        ).fetchone()
    assert states is not None and rated is not None
    return Outcome(dict(zip(_STATES, states, strict=True)), Decimal(rated[0]), rated[1], rated[2])
