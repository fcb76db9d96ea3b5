"""What a run stores through the event log of our own is what Dagster's own class finds there."""

from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.run_history import SharedEngineEventLog
from orchestration.running import prepare_dagster_home
from orchestration.settings import Settings


def test_dagsters_own_class_reads_what_was_stored(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")  # put back after what the next line sets
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path)})
    prepare_dagster_home(settings)

    @dg.asset
    def delivered() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"dagster/row_count": 7})

    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, SharedEngineEventLog)
        result = dg.materialize([delivered], instance=instance)
        stored = len(instance.all_logs(result.run_id))
    plain = SqliteEventLogStorage(str(settings.dagster_home / "history" / "runs"))
    assert len(plain.get_logs_for_run(result.run_id)) == stored > 5
    materialised = plain.get_latest_materialization_events([dg.AssetKey("delivered")])[dg.AssetKey("delivered")]
    assert materialised is not None and materialised.asset_materialization.metadata["dagster/row_count"].value == 7
