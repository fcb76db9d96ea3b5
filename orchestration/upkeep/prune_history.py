"""Old runs in Dagster's history: which may go, and removing them. No figure depends on them; each run's log takes megabytes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from orchestration.runtime.progress import Reporter
from orchestration.settings import Settings

_INDEX = "index"
_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
_SIDES = ("", "-wal", "-shm", "-journal")


def old_runs(settings: Settings) -> list[str]:
    """The ids of the ended runs beyond the newest ones; as many runs are kept as editions.

    Nothing where the history cannot be read: the next run moves that aside.
    """
    return [run_id for run_id, status in _runs(settings)[settings.prune_keep :] if status in _ENDED]


def ownerless_logs(settings: Settings) -> list[Path]:
    """The log files of runs that the history no longer has: a killed prune leaves them."""
    found = list(_runs_folder(settings).glob("*-*.db*"))  # listed before the runs, because a run exists before its log
    known = {run_id for run_id, _ in _runs(settings)}
    return sorted(path for path in found if path.name.split(".db")[0] not in known) if known else []


def log_files(settings: Settings, run_ids: Sequence[str]) -> list[Path]:
    """The files that hold nothing but the logs of these runs."""
    paths = [_runs_folder(settings) / f"{run_id}.db{side}" for run_id in run_ids for side in _SIDES]
    return [path for path in paths if path.is_file()]


def remove_runs(settings: Settings, run_ids: Sequence[str], reporter: Reporter) -> None:
    """Remove runs from the history, and give back the room that their events took in its index; the files of their logs stay."""
    if not run_ids:
        return
    import dagster as dg

    from orchestration.runs import prepare_dagster_home

    with dg.DagsterInstance.from_config(str(prepare_dagster_home(settings))) as instance:
        for number, run_id in enumerate(run_ids, start=1):
            reporter.detail(number, len(run_ids), run_id)
            instance.delete_run(run_id)
    try:
        with closing(sqlite3.connect(_runs_folder(settings) / f"{_INDEX}.db", timeout=5)) as db:
            db.execute("vacuum")
            db.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.OperationalError as error:
        reporter.warn(
            f"the index of Dagster's history keeps its size until the next prune: {error} (is `tollhouse ui` at work?)"
        )


def _runs_folder(settings: Settings) -> Path:
    return settings.dagster_home / "history" / "runs"


def _runs(settings: Settings) -> list[tuple[str, str]]:
    """The id and status of each run, the newest first."""
    database = settings.dagster_home / "history" / "runs.db"
    if not database.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as db:
            return db.execute("select run_id, status from runs order by id desc").fetchall()
    except sqlite3.DatabaseError:
        return []
