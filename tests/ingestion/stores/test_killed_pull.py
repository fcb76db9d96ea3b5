"""A pull that is killed without a chance to tidy up: the next one goes on with what the disk was sure to hold."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from orchestration.ingestion.landing.transfer import CHECKPOINT_BYTES
from tests.ingestion.stores.conftest import Home
from tests.ingestion.stores.deliveries import MIB, NAME, call_file, sftp_entry, sources, write_settled
from tests.ingestion.stores.servers import Line, SshServer
from tests.robustness.commands import started

PROGRAM = """
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ingestion.landing.pulling import pull
from orchestration.settings import Settings

settings = Settings.from_environment()
with FileLedger(settings.ledger_path) as ledger:
    pull(settings, ledger)
"""


def test_the_next_run_resumes_after_kill_9(
    home: Home, ssh_server: SshServer, ssh_line: Line, ssh_environment: None, tmp_path: Path
) -> None:
    content, size = call_file(12 * MIB), 12 * MIB
    small = call_file(MIB, seed=2)
    write_settled(tmp_path / "out" / "SW1_20260104_000000.csv", small)
    write_settled(tmp_path / "out" / NAME, content)
    intake = home(sources(sftp_entry("far", ssh_server, tmp_path / "out", ssh_line.port, timeout_seconds=60)))
    ssh_line.stall_after = [11 * MIB + MIB // 2]  # 1 MiB of the first file, 10 and a half of the second
    environment = {
        "TOLLHOUSE_HOME": str(intake.settings.home),
        "TOLLHOUSE_SOURCES": str(intake.settings.sources_file),
    }
    process = started(environment, PROGRAM)
    incoming = intake.settings.landing / ".incoming"
    try:
        for _ in range(600):
            if sum(path.stat().st_size for path in incoming.glob("*.part")) >= MIB + CHECKPOINT_BYTES + MIB:
                break
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        else:
            raise AssertionError(f"the pull came no further than {ssh_line.sent} bytes")
    finally:
        process.kill()
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert intake.ledger.files() == []
    before = len(ssh_line.sent)
    result = intake.pull()
    assert (result.unreachable, result.growing, len(result.registered)) == ([], [], 2)
    landed = {file.file_name: (intake.settings.home / file.landing_path).read_bytes() for file in result.registered}
    assert landed == {NAME: content, "SW1_20260104_000000.csv": small}
    # The small file was whole and is not fetched again; of the large one the disk was sure of the first checkpoint.
    assert sum(ssh_line.sent[before:]) <= size - CHECKPOINT_BYTES + MIB // 2
    assert not incoming.exists()
