"""A whole `tollhouse run` on an SSH and an S3 source, with a third server where nobody listens."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import boto3
import dagster as dg

from tests.ingestion.stores.deliveries import s3_entry, sftp_entry, sources
from tests.ingestion.stores.servers import LOOPBACK, SshServer, free_port
from tests.robustness.branch import EXPORTS, USUAL_STATES, new_branch

EXPORTS_PATTERN = {"kind": "customers", "pattern": "{table}_{date:YYYYMMDD}.csv"}


def test_a_run_publishes_what_it_reaches_and_says_what_it_does_not(
    ssh_server: SshServer, ssh_environment: None, s3_server: int, s3_environment: None, tmp_path: Path
) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{LOOPBACK}:{s3_server}",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="exports")
    for table, content in EXPORTS.items():
        client.put_object(Bucket="exports", Key=f"branch/{table}_20260301.csv", Body=content.encode())
    elsewhere = new_branch(tmp_path / "switch")
    elsewhere.deliver_day(2)
    branch = new_branch(tmp_path / "home")
    branch.has_whole_runs = True  # its history is looked at
    path = tmp_path / "sources.yml"
    path.write_text(
        sources(
            sftp_entry("cdr/{switch_id}", ssh_server, f"{elsewhere.home}/inbox/cdr/{{switch_id}}"),
            sftp_entry("dead", ssh_server, "/", free_port(), retries=0),
            s3_entry("customers", s3_server, "exports/branch", **EXPORTS_PATTERN),
        )
    )
    typed = branch.tollhouse("run", TOLLHOUSE_SOURCES=str(path))
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    assert branch.states() == {"SW1_20260302_003002.csv": USUAL_STATES}
    # 0.10 + 0.60 residential and 0.20 + 0.80 business, by hand
    assert branch.mart("rated_calls", "sum(amount)") == [(Decimal("1.70"),)]
    (problem,) = typed.answer["problems"]
    assert problem.startswith("dead: sftp://127.0.0.1:")
    assert "cannot be listed: " in problem
    assert branch.tollhouse("status").answer["last_run"]["unreachable"] == [problem]
    with dg.DagsterInstance.from_config(str(branch.home / "dagster")) as instance:
        key = dg.AssetCheckKey(dg.AssetKey("inbox_files"), "every_source_can_be_read")
        (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=5)
        assert record.event is not None
        evaluation = record.event.asset_check_evaluation
        assert evaluation is not None
        assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)
