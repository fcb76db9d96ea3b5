"""The sensors that alert people: one at a run's failure, one every minute. orchestration.alerting decides what to send and how."""

import re

import dagster as dg

from orchestration.alerting.occasions import Occasion, run_failed
from orchestration.alerting.sending import send_alerts
from orchestration.defs.automation.jobs import tollhouse_intake, tollhouse_run
from orchestration.errors import TollhouseError
from orchestration.runtime.run_record import load_record
from orchestration.settings import Settings

LOOK_SECONDS = 60

# Before the words of an error that is meant for people Dagster puts its class.
_OWN_ERROR = re.compile(r"^(orchestration\.errors\.\w+|dagster\.[\w.]+\.Failure): ")
_NOT_SET = "no alerts are set (TOLLHOUSE_ALERT_…)"


def alert_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """The two sensors, for these settings. They start no run."""

    @dg.run_failure_sensor(
        name="run_failure_alert",
        monitored_jobs=[tollhouse_run, tollhouse_intake],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Alerts people at once that a run has failed, where alerts are set (TOLLHOUSE_ALERT_…).",
    )
    def run_failure_alert(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        # Also for a run that failed before it could begin, which neither record nor ledger has.
        if not settings.alerts.channels:
            return dg.SkipReason(_NOT_SET)
        for fault in send_alerts(settings, _failure(settings, context)):
            context.log.warning(fault)
        return None

    @dg.sensor(
        name="alert_sensor",
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Alerts people to failed runs, blocked editions, held files and missing deliveries, each once, and tries "
        "again what could not be sent; where alerts are set (TOLLHOUSE_ALERT_…).",
    )
    def alert_sensor(_: dg.SensorEvaluationContext) -> dg.SkipReason:
        if not settings.alerts.channels:
            return dg.SkipReason(_NOT_SET)
        faults = send_alerts(settings, pausing=True)
        return dg.SkipReason("; ".join(faults) or "all alerts are sent")

    return [run_failure_alert, alert_sensor]


def _failure(settings: Settings, context: dg.RunFailureSensorContext) -> list[Occasion]:
    """The failure, unless the run's own record has it: the record has more details, and knows blocked editions."""
    run_id = context.dagster_run.run_id
    try:
        record = load_record(settings)
    except (TollhouseError, OSError, ValueError, TypeError):  # damaged: the failure is taken from Dagster's history
        record = None
    if record is not None and record.run_id == run_id and record.status != "running":
        return []
    data = context.failure_event.job_failure_data
    error = data.error if data is not None else None
    for event in context.get_step_failure_events():
        error = event.step_failure_data.error or error
    while error is not None and error.cause is not None:
        error = error.cause
    words = error.message if error is not None else context.failure_event.message or "the run gave no reason"
    since = context.instance.get_run_record_by_id(run_id)
    at = since.update_timestamp.isoformat(timespec="seconds") if since is not None else ""
    return [run_failed(run_id, at, _OWN_ERROR.sub("", words.strip()))]
