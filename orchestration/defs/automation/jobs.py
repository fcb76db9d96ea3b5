"""The jobs, the schedule and the inbox sensor: what starts a run when nobody types `tollhouse run`."""

import hashlib

import dagster as dg

from orchestration.defs.resources import INTAKE_JOB
from orchestration.errors import TollhouseError
from orchestration.ingestion.landing.pulling import waiting_files
from orchestration.ledger.file_ledger import FileLedger
from orchestration.runtime.run_failures import note_failure
from orchestration.runtime.run_lock import is_run_at_work
from orchestration.runtime.run_record import load_record
from orchestration.settings import Settings


@dg.failure_hook(required_resource_keys={"billing_run"})
def keep_failure(context: dg.HookContext) -> None:
    """Keep the error that a step raised."""
    if context.op_exception is not None:
        note_failure(context.resources.billing_run.settings, context.run_id, context.op_exception)


tollhouse_run = dg.define_asset_job(
    "tollhouse_run",
    selection=dg.AssetSelection.all(),
    description="From the sources to a published edition. Launched for a call day (a partition) it rebuilds that day in any case.",
    executor_def=dg.in_process_executor,
    hooks={keep_failure},
)

tollhouse_intake = dg.define_asset_job(
    INTAKE_JOB,
    selection=dg.AssetSelection.assets("inbox_files", "customer_exports", "bank_results", "call_detail_records"),
    description="Takes in files without rating them: what came in is registered, decoded, and held or loaded.",
    executor_def=dg.in_process_executor,
    hooks={keep_failure},
)


def nightly_run(settings: Settings) -> dg.ScheduleDefinition:
    """The schedule of the whole run, by the branch's clock, not the machine's."""
    return dg.ScheduleDefinition(
        name="nightly_run",
        job=tollhouse_run,
        cron_schedule="30 2 * * *",
        execution_timezone=settings.time_zone,
        description="Every night at 02:30 by the branch's clock, when the switches have closed their files of the day.",
        default_status=dg.DefaultScheduleStatus(settings.automation.upper()),
    )


# Short, so that a settled file is seen within a minute; a look at the sources costs a fraction of a second.
SENSOR_SECONDS = 10


def inbox_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor of the sources."""

    @dg.sensor(
        name="inbox_sensor",
        jobs=[tollhouse_intake, tollhouse_run],
        minimum_interval_seconds=SENSOR_SECONDS,
        description="Takes in and checks files as they settle in a source, then publishes what has changed.",
        default_status=dg.DefaultSensorStatus(settings.automation.upper()),
    )
    def inbox_sensor(_: dg.SensorEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        return runs_to_request(settings)

    return inbox_sensor


def runs_to_request(settings: Settings) -> list[dg.RunRequest] | dg.SkipReason:
    """An intake for each new set of waiting files, and a run for each state of the ledger that no run has gone on from.

    Dagster starts one run for a key: while nothing changes, no second run is requested. While a run is at work the
    sensor waits; who finds the state held all the same waits for it (resources.py).
    """
    try:
        if is_run_at_work(settings):
            return dg.SkipReason("a run is at work")
        waiting = waiting_files(settings)
        unpublished = _unpublished_state(settings)
    except TollhouseError as error:
        return dg.SkipReason(str(error))
    requests = []
    if waiting:
        key = hashlib.sha256("\n".join(waiting).encode()).hexdigest()
        requests.append(dg.RunRequest(run_key=f"intake {key}", job_name=tollhouse_intake.name))
    if unpublished is not None:
        requests.append(dg.RunRequest(run_key=f"run {unpublished}", job_name=tollhouse_run.name))
    return requests or dg.SkipReason("no file waits in any source, and the last run had all that came in")


def _unpublished_state(settings: Settings) -> str | None:
    """The ledger's state where the last run went on from another; None where there is nothing to run on."""
    if not settings.ledger_path.is_file():
        return None
    with FileLedger(settings.ledger_path, read_only=True) as ledger:
        if not any(entry.file_date for entry in ledger.files()):
            return None
        state = ledger.state()
    try:
        record = load_record(settings)
    except TollhouseError:  # it cannot be read: no run is known to have gone on from this
        return state
    return None if record is not None and record.ledger_state == state else state
