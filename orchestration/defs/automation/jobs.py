"""The job, its schedule and the inbox sensor: what starts a run when nobody types `tollhouse run`."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration.errors import TollhouseError
from orchestration.ingestion.pulling import waiting_files
from orchestration.settings import Settings

_failures: list[list[BaseException]] = []


@contextmanager
def collected_failures() -> Iterator[list[BaseException]]:
    """Within, the exceptions that steps of runs in this process raised, as they were raised."""
    _failures.append([])
    try:
        yield _failures[-1]
    finally:
        _failures.pop()


@dg.failure_hook
def keep_failure(context: dg.HookContext) -> None:
    """Dagster keeps a failure as text; a command needs the error itself, for its exit code and its words."""
    if _failures and context.op_exception is not None:
        _failures[-1].append(context.op_exception)


tollhouse_run = dg.define_asset_job(
    "tollhouse_run",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("closed"),
    description="From the sources to a published edition. Launched for a call day (a partition) it rebuilds that day in any case.",
    executor_def=dg.in_process_executor,
    hooks={keep_failure},
)

nightly_run = dg.ScheduleDefinition(
    name="nightly_run",
    job=tollhouse_run,
    cron_schedule="30 2 * * *",
    description="Every night at 02:30, when the switches have closed their files of the day.",
)


@dg.sensor(job=tollhouse_run, minimum_interval_seconds=30, description="Starts a run when files wait in a source.")
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run request for each new set of waiting files; what is there already and unchanged starts nothing."""
    settings = Settings.from_environment()
    try:
        waiting = waiting_files(settings)
    except TollhouseError as error:
        return dg.SkipReason(str(error))
    if not waiting:
        return dg.SkipReason("no file waits in any source")
    return dg.RunRequest(run_key=hashlib.sha256("\n".join(waiting).encode()).hexdigest())
