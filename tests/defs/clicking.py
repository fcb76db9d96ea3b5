"""What a person clicks in Dagster's UI, sent as the UI sends it: over GraphQL, to the code location, run by run.

The runs are executed in this process one after the other, which spares the seconds of starting one for each.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.test_utils import in_process_test_workspace
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceRequestContext
from dagster_graphql.test.utils import execute_dagster_graphql

_LAUNCH = """mutation ($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } ... on InvalidSubsetError { message } } }"""

_ENDED = """query ($run: ID!) { runOrError(runId: $run) { ... on Run { status tags { key value } } } }"""

_ASSETS = """{ assetNodes { assetKey { path } groupName isMaterializable
  assetChecksOrError { ... on AssetChecks { checks { name } } } } }"""


@dataclass(frozen=True)
class Clicked:
    """How a run that was clicked ended, and in which words it was refused; None where it was not."""

    run_id: str
    status: str
    tags: dict[str, str]
    refusal: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether it succeeded, or was refused in one plain sentence."""
        return self.status == "SUCCESS" or (self.refusal is not None and "\n" not in self.refusal)


class Clicks:
    """Dagster's UI on one home."""

    def __init__(self, instance: dg.DagsterInstance, context: WorkspaceRequestContext) -> None:
        self._instance, self._context = instance, context

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer."""
        found = execute_dagster_graphql(self._context, query, variables)
        assert not found.errors, found.errors
        answer: dict[str, Any] = found.data
        return answer

    def assets(self) -> dict[str, list[str]]:
        """Per group the assets that have the button Materialize, as `schema/name`."""
        found: dict[str, list[str]] = {}
        for node in self.ask(_ASSETS)["assetNodes"]:
            if node["isMaterializable"]:
                found.setdefault(node["groupName"], []).append("/".join(node["assetKey"]["path"]))
        return found

    def checks(self) -> list[tuple[str, str]]:
        """All checks as (asset, name)."""
        return [
            ("/".join(node["assetKey"]["path"]), check["name"])
            for node in self.ask(_ASSETS)["assetNodes"]
            for check in (node["assetChecksOrError"].get("checks") or [])
        ]

    def materialize(self, assets: Iterable[str], **tags: str) -> Clicked:
        """Click Materialize on these assets. `tags` are those of a partition."""
        return self._launch("__ASSET_JOB", assets=list(assets), tags=tags)

    def execute(self, checks: Iterable[tuple[str, str]]) -> Clicked:
        """Click Execute on these checks."""
        return self._launch("__ASSET_JOB", checks=list(checks))

    def launch(self, job: str) -> Clicked:
        """Click Materialize all on the page of a job."""
        return self._launch(job)

    def errors(self, run_id: str) -> list[str]:
        """What a run has logged as errors in words of its own."""
        return [told.user_message for told in self._instance.all_logs(run_id) if told.level == logging.ERROR]

    def _launch(
        self,
        job: str,
        assets: list[str] | None = None,
        checks: list[tuple[str, str]] | None = None,
        tags: dict[str, str] | None = None,
    ) -> Clicked:
        selector: dict[str, Any] = {
            "repositoryLocationName": self._context.code_location_names[0],
            "repositoryName": "__repository__",
            "pipelineName": job,
        }
        if assets is not None or checks is not None:
            selector["assetSelection"] = [{"path": key.split("/")} for key in assets or []]
        if checks is not None:
            selector["assetCheckSelection"] = [
                {"assetKey": {"path": key.split("/")}, "name": name} for key, name in checks
            ]
        params = {
            "selector": selector,
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]},
        }
        answer = self.ask(_LAUNCH, params=params)["launchPipelineExecution"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        run_id = answer["run"]["runId"]
        run = self.ask(_ENDED, run=run_id)["runOrError"]
        found = {tag["key"]: tag["value"] for tag in run["tags"]}
        return Clicked(run_id, run["status"], found, self._refusal(run_id))

    def _refusal(self, run_id: str) -> str | None:
        for record in self._instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records:
            failed = record.event_log_entry.get_dagster_event().step_failure_data
            if failed.user_failure_data is not None:
                return failed.user_failure_data.description
            return f"{failed.error_display_string}\nno words for people"
        return None


@contextmanager
def clicks(home: Path) -> Iterator[Clicks]:
    """Dagster's UI on a home; the settings are those of the environment."""
    one_by_one = {
        "run_launcher": {
            "module": "dagster._core.launcher.sync_in_memory_run_launcher",
            "class": "SyncInMemoryRunLauncher",
        },
        "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"},
    }
    origin = LoadableTargetOrigin(module_name="orchestration.definitions")
    with (
        dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home / "dagster"), overrides=one_by_one)) as instance,
        in_process_test_workspace(instance, origin) as context,
    ):
        yield Clicks(instance, context)
