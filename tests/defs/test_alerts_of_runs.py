"""Alerts of real runs: by the command and by Dagster's sensors, over one small branch, at a real webhook."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import dagster as dg
import pytest

from orchestration.settings import Settings
from tests.alerting.servers import Webhook, webhook
from tests.defs.conftest import definitions_here
from tests.robustness.branch import Branch, calls_of_day, cdr
from tests.robustness.commands import environment


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A webhook at work."""
    with webhook(Webhook()) as state:
        yield state


def kinds(hook: Webhook) -> list[str]:
    """What was told, in its order."""
    return [message["kind"] for message in hook.messages]


def look(instance: dg.DagsterInstance) -> str:
    """One evaluation of the sensor that looks every minute; what it says."""
    answer = definitions_here().resolve_sensor_def("alert_sensor")(dg.build_sensor_context(instance))
    assert isinstance(answer, dg.SkipReason) and answer.skip_message is not None
    return answer.skip_message


def test_runs_of_the_command_are_told_without_a_daemon(ran_copy: Branch, hook: Webhook) -> None:
    """A held file; a book with a fault, of which no record is made; and a dead server that costs the run nothing."""
    alerts = {"TOLLHOUSE_ALERT_WEBHOOK": f"http://127.0.0.1:{hook.port}/token", "TOLLHOUSE_LOG": "json"}
    ran_copy.deliver("cdr/SW1", "SW1_20260304_003004.csv", cdr([*calls_of_day("2026-03-04"), *["?"] * 8]))
    typed = ran_copy.tollhouse("run", **alerts)
    assert typed.exit_code == 0 and kinds(hook) == ["file_held"]
    assert hook.messages[0]["items"][0]["file_name"] == "SW1_20260304_003004.csv"
    lines = [json.loads(line) for line in typed.errors.splitlines()]
    assert {line["step"] for line in lines} >= {"pull files", "publish"}
    assert len({line["run_id"] for line in lines if line["run_id"]}) == 1
    assert any(line["level"] == "warning" and "is held" in line["message"] for line in lines)

    ran_copy.spoil("tariff_plans", "half_up", "sideways")
    assert ran_copy.tollhouse("run", **alerts).exit_code == 2
    assert kinds(hook) == ["file_held", "run_failed"] and "tariff_plans" in hook.messages[1]["items"][0]["error"]

    hook.status = 500
    begun = time.monotonic()
    typed = ran_copy.tollhouse("run", **alerts)
    assert typed.exit_code == 2 and time.monotonic() - begun < 30
    warnings = [json.loads(line) for line in typed.errors.splitlines() if '"warning"' in line]
    assert "could not be sent" in warnings[-1]["message"] and "token" not in typed.errors
    hook.status = 200
    assert ran_copy.tollhouse("alert", "send", **alerts).exit_code == 0
    assert kinds(hook) == ["file_held", "run_failed", "run_failed"]


def test_the_sensors_tell_of_a_run_that_the_daemon_started(
    instance: dg.DagsterInstance, ran_copy: Branch, hook: Webhook
) -> None:
    """It failed before it had a record; the sensor of failures tells it at once, and the one that looks does not again."""
    assert look(instance) == "no alerts are set (TOLLHOUSE_ALERT_…)"
    with environment({**ran_copy.settings, "TOLLHOUSE_ALERT_WEBHOOK": f"http://127.0.0.1:{hook.port}/token"}):
        assert Settings.from_environment().alerts.channels == ("webhook",)
        assert look(instance) == "all alerts are sent" and kinds(hook) == []
        ran_copy.spoil("tariff_plans", "half_up", "sideways")
        failed = (
            definitions_here()
            .resolve_job_def("tollhouse_run")
            .execute_in_process(instance=instance, raise_on_error=False)
        )
        assert not failed.success
        event = next(event for event in failed.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE)
        context = dg.build_run_status_sensor_context(
            "run_failure_alert", event, instance, failed.dagster_run
        ).for_run_failure()
        for _ in range(2):
            definitions_here().resolve_sensor_def("run_failure_alert")(context)
        look(instance)
        assert kinds(hook) == ["run_failed"]
        (told,) = hook.messages[0]["items"]
        assert told["run_id"] == failed.run_id and "tariff_plans" in told["error"]
