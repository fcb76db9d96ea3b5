"""Fixtures: the servers, started once for all tests of a worker, and a home that pulls from them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.ingestion.stores import retrying
from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from tests.ingestion.intake import Intake
from tests.ingestion.stores.servers import LOOPBACK, SSHD, Line, SshServer

Home = Callable[[str], Intake]


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """A real OpenSSH server on loopback."""
    if SSHD is None:
        pytest.skip("sshd is not installed (Debian: openssh-server)")
    with SshServer(tmp_path_factory.mktemp("ssh_server")) as server:
        yield server


@pytest.fixture
def ssh_line(ssh_server: SshServer) -> Iterator[Line]:
    """A line to the SSH server that can be cut."""
    with Line(ssh_server.port) as line:
        yield line


@pytest.fixture
def ssh_environment(ssh_server: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variables that the tests' entries name."""
    monkeypatch.setenv("SWITCH_USER", ssh_server.user)
    monkeypatch.setenv("SWITCH_KEY", str(ssh_server.client_key))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[int]:
    """The port of a real S3-compatible server on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    try:
        yield server.get_host_and_port()[1]
    finally:
        server.stop()


@pytest.fixture
def s3_line(s3_server: int) -> Iterator[Line]:
    """A line to the S3 server that can be cut."""
    with Line(s3_server) as line:
        yield line


@pytest.fixture
def s3_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variables that the tests' entries name; nothing of this machine's own configuration."""
    monkeypatch.setenv("STORE_KEY", "key-of-the-branch")
    monkeypatch.setenv("STORE_SECRET", "secret-of-the-branch")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries hundredths of a second."""
    monkeypatch.setattr(retrying, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Makes homes, each with the sources file that it is given."""
    opened: list[Intake] = []
    numbers = itertools.count(1)

    def make(sources: str) -> Intake:
        folder = tmp_path / f"home{next(numbers)}"
        folder.mkdir()
        path = folder / "sources.yml"
        path.write_text(sources, encoding="utf-8")
        settings = Settings.from_environment({"TOLLHOUSE_HOME": str(folder), "TOLLHOUSE_SOURCES": str(path)})
        opened.append(Intake(settings, FileLedger(settings.ledger_path), duckdb.connect()))
        return opened[-1]

    yield make
    for intake in opened:
        intake.ledger.close()
        intake.con.close()
