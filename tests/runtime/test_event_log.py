"""What a run stores through the event log of our own is what Dagster's own class finds there."""

from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.runs import prepare_dagster_home
from orchestration.runtime.event_log import SharedEngineEventLog
from orchestration.settings import Settings


def test_dagsters_own_class_reads_what_was_stored(tmp_path: Path) -> None:
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path)})
    home = prepare_dagster_home(settings)

    @dg.asset
    def delivered() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"dagster/row_count": 7})

    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert isinstance(instance.event_log_storage, SharedEngineEventLog)
        result = dg.materialize([delivered], instance=instance)
        stored = len(instance.all_logs(result.run_id))
    plain = SqliteEventLogStorage(str(settings.dagster_home / "history" / "runs"))
    assert len(plain.get_logs_for_run(result.run_id)) == stored > 5
    materialised = plain.get_latest_materialization_events([dg.AssetKey("delivered")])[dg.AssetKey("delivered")]
    assert materialised is not None and materialised.asset_materialization.metadata["dagster/row_count"].value == 7


def test_planned_events_are_stored_as_one_batch(tmp_path: Path, monkeypatch) -> None:
    """What a run is going to do is stored in one transaction, and Dagster's own class finds each of it in both databases."""
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")  # as the command sets it
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path)})
    home = prepare_dagster_home(settings)
    batches = []
    stored_so = SharedEngineEventLog.store_event_batch

    def noting(log: SharedEngineEventLog, events) -> None:
        batches.append(len(events))
        stored_so(log, events)

    monkeypatch.setattr(SharedEngineEventLog, "store_event_batch", noting)

    @dg.multi_asset(specs=[dg.AssetSpec(f"table_{number}") for number in range(5)])
    def tables():
        for number in range(5):
            yield dg.MaterializeResult(asset_key=f"table_{number}")

    @dg.asset_check(asset="table_3")
    def holds() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = dg.Definitions(assets=[tables], asset_checks=[holds]).resolve_implicit_global_asset_job_def()
        result = run.execute_in_process(instance=instance)
    plain = SqliteEventLogStorage(str(settings.dagster_home / "history" / "runs"))
    kinds = (dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)
    planned = [entry for entry in plain.get_logs_for_run(result.run_id) if entry.dagster_event_type in kinds]
    assert batches == [6] and len(planned) == 6
    (checked,) = plain.get_asset_check_execution_history(dg.AssetCheckKey(dg.AssetKey("table_3"), "holds"), limit=5)
    assert checked.run_id == result.run_id
    assert len(plain.get_latest_materialization_events([dg.AssetKey(f"table_{number}") for number in range(5)])) == 5
