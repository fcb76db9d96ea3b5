"""What Dagster keeps of a run: the days that were made, each gate with its counts; and a day that is asked for again."""

from __future__ import annotations

import json

import dagster as dg

from expectations.catalogue import all_suites
from tests.defs.conftest import definitions_here
from tests.robustness.branch import Branch

RATED = dg.AssetKey(["marts", "rated_calls"])


def test_the_days_with_calls_are_materialised(instance: dg.DagsterInstance) -> None:
    """Of the rated calls and of the records; no other day."""
    for key in (RATED, dg.AssetKey("call_detail_records")):
        assert instance.get_materialized_partitions(key) == {"2026-03-02", "2026-03-03"}


def test_row_counts_are_stored(instance: dg.DagsterInstance, ran_copy: Branch) -> None:
    """As the edition has them: two bills, eight rated calls, four of them each day."""
    for mart, rows in {"bills": 2, "suspended_calls": 4}.items():
        event = instance.get_latest_materialization_event(dg.AssetKey(["marts", mart]))
        assert event is not None and event.asset_materialization is not None
        assert event.asset_materialization.metadata["dagster/row_count"].value == rows
    days = instance.fetch_materializations(RATED, limit=10).records
    counts = {
        record.partition_key: record.asset_materialization.metadata["dagster/partition_row_count"].value
        for record in days
        if record.partition_key and record.asset_materialization
    }
    assert counts == {"2026-03-02": 4, "2026-03-03": 4}


def test_every_gate_is_stored_with_counts_and_sample(
    definitions: dg.Definitions, instance: dg.DagsterInstance, ran_copy: Branch
) -> None:
    """All of them, with what the edition's manifest says; a failed one shows the rows that broke it."""
    keys = {key.name: key for key in definitions.resolve_asset_graph().asset_check_keys}
    results = {(gate["suite"], gate["gate"]): gate for gate in ran_copy.manifest["gates"]}
    assert len(results) == sum(len(suite.gates) for suite in all_suites())
    wanted = {keys[f"{suite}__{gate}"]: result for (suite, gate), result in results.items()}
    stored = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(wanted))
    assert stored.keys() == wanted.keys()
    for key, result in wanted.items():
        evaluation = stored[key].event.dagster_event.event_specific_data  # type: ignore[union-attr]
        assert evaluation.passed == result["success"]
        assert evaluation.metadata["checked_rows"].value == result["checked_rows"]
        assert evaluation.metadata["failed_rows"].value == result["failed_rows"]
        assert [record.data for record in evaluation.metadata["sample"].records] == [
            {name: "" if value is None else value for name, value in row.items()} for row in result["sample"]
        ]
        assert (evaluation.severity == dg.AssetCheckSeverity.ERROR) == (result["severity"] == "critical")


def test_a_day_that_is_asked_for_is_rebuilt(instance: dg.DagsterInstance, ran_copy: Branch) -> None:
    """Though nothing changed: that day and no other, and the edition after it says the same."""
    before = ran_copy.mart("rated_calls")
    result = (
        definitions_here()
        .resolve_job_def("tollhouse_run")
        .execute_in_process(partition_key="2026-03-02", instance=instance)
    )
    assert result.success
    last_run = json.loads((ran_copy.home / "last_run.json").read_text(encoding="utf-8"))
    assert last_run["status"] == "published"
    assert list(last_run["rebuilt_days"]) == ["2026-03-02"]
    assert ran_copy.mart("rated_calls") == before
    made = [record.partition_key for record in instance.fetch_materializations(RATED, limit=10).records]
    assert (made.count("2026-03-02"), made.count("2026-03-03")) == (2, 1)
