"""The code location that the Dagster UI, the daemon and the commands load."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.automation.alerts import alert_sensor, run_failure_alert
from orchestration.defs.automation.jobs import inbox_sensor, nightly_run, tollhouse_intake, tollhouse_run
from orchestration.defs.ingestion import assets as ingestion
from orchestration.defs.publishing import assets as publishing
from orchestration.defs.quality import assets as quality
from orchestration.defs.resources import BillingRun
from orchestration.defs.warehouse import assets as warehouse
from orchestration.settings import Settings

defs = dg.Definitions(
    assets=[
        *dg.load_assets_from_modules([ingestion]),
        warehouse.raw_schema,
        warehouse.book,
        warehouse.call_plan,
        warehouse.calls,
        warehouse.accounts,
        *warehouse.CLOSED,
        quality.gate_results,
        publishing.edition,
    ],
    asset_checks=[quality.gate_checks],
    jobs=[tollhouse_run, tollhouse_intake],
    schedules=[nightly_run(Settings.time_zone_of())],
    sensors=[inbox_sensor, run_failure_alert, alert_sensor],
    resources={"billing_run": BillingRun()},
    executor=dg.in_process_executor,
)
