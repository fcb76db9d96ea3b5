"""The code location that the Dagster UI, the daemon and the commands load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.defs.automation.alerts import alert_sensors
from orchestration.defs.automation.jobs import inbox_sensor, nightly_run, tollhouse_intake, tollhouse_run
from orchestration.defs.automation.report_mails import report_mail_sensor
from orchestration.defs.ingestion import assets as ingestion
from orchestration.defs.partitions import call_days, first_call_day
from orchestration.defs.publishing import assets as publishing
from orchestration.defs.quality import assets as quality
from orchestration.defs.resources import BillingRun, GateRunner, RunOptions
from orchestration.defs.warehouse import assets as warehouse
from orchestration.settings import Settings


def build_defs(settings: Settings, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The definitions for a branch. `resource_overrides` take the place of resources of the same name: the seam for tests."""
    days = call_days(first_call_day(settings))
    made = [
        ingestion.inbox_files,
        ingestion.customer_exports,
        ingestion.bank_results,
        ingestion.call_detail_records(days),
        warehouse.raw_schema,
        warehouse.book,
        warehouse.call_plan,
        warehouse.calls(days),
        warehouse.accounts,
        quality.gate_results,
        publishing.edition,
    ]
    options = RunOptions.configure_at_launch()
    run = BillingRun.of(settings, sum(len(assets.keys) for assets in made), options)
    return dg.Definitions(
        assets=[*made, *warehouse.KEPT],
        asset_checks=[ingestion.file_checks, quality.gate_checks],
        jobs=[tollhouse_run, tollhouse_intake],
        schedules=[nightly_run(settings)],
        sensors=[inbox_sensor(settings), *alert_sensors(settings), report_mail_sensor(settings)],
        resources={
            "run_options": options,
            "billing_run": run,
            "gate_runner": GateRunner(),
            **(resource_overrides or {}),
        },
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions for the branch that the environment names."""
    return build_defs(Settings.from_environment())
