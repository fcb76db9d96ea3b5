"""serve and ui: what is announced, what is started, and a port that is taken."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from orchestration import runs
from orchestration.settings import Settings
from orchestration.web.bounded_server import WebServer
from tests.cli.conftest import Tollhouse


def test_serve_announces_itself_once_and_ends_well_by_ctrl_c(
    tollhouse: Tollhouse, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: WebServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(WebServer, "serve_forever", interrupted)
    called = tollhouse("serve", "--port", "0", "--json")
    assert called.exit_code == 0
    assert called.json["host"] == "127.0.0.1"
    assert called.json["url"] == f"http://127.0.0.1:{called.json['port']}/"
    assert tollhouse("serve", "--port", "0").out.startswith("The dashboards of the current edition are at http://127")


def test_serve_warns_of_nothing_where_nobody_signs_in_at_a_provider(settings: Settings) -> None:
    """In a process of its own, as people start it: no library says anything before the command does."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        command = Path(sys.executable).with_name("tollhouse")
        words = [str(command), "serve", "--port", str(other.getsockname()[1])]
        ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr.startswith("tollhouse: port ")


@pytest.mark.parametrize("command", ["serve", "ui"])
def test_a_port_that_is_taken(tollhouse: Tollhouse, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        called = tollhouse(command, "--port", str(port))
    assert (called.exit_code, called.out) == (1, "")
    assert str(port) in called.err and "port" in called.err


def test_ui_becomes_dagster_on_this_machine_only_and_without_telemetry(
    tollhouse: Tollhouse, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, list[str], dict[str, str]]] = []
    prepared: list[Path] = []

    def prepare(of: Settings) -> Path:
        prepared.append(of.dagster_home)
        return of.dagster_home

    def execve(program: str, words: list[str], environment: dict[str, str]) -> Any:
        started.append((program, words, environment))
        raise KeyboardInterrupt  # as nothing comes back from it

    monkeypatch.chdir(settings.home.parent)  # put back afterwards
    monkeypatch.setattr(runs, "prepare_dagster_home", prepare)
    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setenv("TOLLHOUSE_ALLOWED_HOSTS", "billing.example")
    called = tollhouse("ui", "--port", "0", "--allow-host", "other.example:3000")
    ((program, words, environment),) = started
    assert program == sys.executable
    assert words[1:6] == ["-m", "orchestration.servers.dagster_ui", "-m", "orchestration.definitions", "-h"]
    assert words[6] == "127.0.0.1" and f"http://127.0.0.1:{words[8]}/" in called.out
    assert prepared == [settings.dagster_home]
    assert Path.cwd() == settings.dagster_home / "work" and not any(Path.cwd().iterdir())
    assert environment["DAGSTER_HOME"] == str(settings.dagster_home)
    assert environment["TOLLHOUSE_AUTOMATION"] == "running"
    assert environment["TOLLHOUSE_HOME"] == str(settings.home)
    assert environment["DAGSTER_DISABLE_TELEMETRY"] == "yes"
    assert environment["TOLLHOUSE_ALLOWED_HOSTS"] == "billing.example,other.example:3000"


@pytest.mark.parametrize("command", ["serve", "ui"])
def test_a_name_that_is_none_is_refused(tollhouse: Tollhouse, command: str) -> None:
    called = tollhouse(command, "--port", "0", "--allow-host", "http://x")
    assert called.exit_code == 2 and "'http://x' is not the name of a server" in called.err


def test_a_wrong_setting_names_its_variable(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLHOUSE_ALLOWED_HOSTS", "ok.example, *")
    called = tollhouse("serve", "--port", "0")
    assert called.exit_code == 2 and "TOLLHOUSE_ALLOWED_HOSTS: '*' is not the name" in called.err


#: Starts a command as a shell would, whatever the tests' own process ignores or holds back: both are inherited.
WITH_USUAL_SIGNALS = """
import os, signal, sys
stopping = signal.SIGINT, signal.SIGTERM
for number in stopping:
    signal.signal(number, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, stopping)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_servers_end_as_they_are_told(settings: Settings, tmp_path: Path) -> None:
    """Ctrl-C is the usual end, exit code 0; SIGTERM ends with the signal, which systemd takes for a good end."""
    command = [sys.executable, "-c", WITH_USUAL_SIGNALS, str(Path(sys.executable).with_name("tollhouse"))]
    for number, expected in ((signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)):
        process = subprocess.Popen([*command, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        told = process.stdout.readline()
        url = next(word for word in told.split() if word.startswith("http://127.0.0.1:"))
        with pytest.raises(HTTPError):  # it answers, if only that nothing is published
            urlopen(f"{url.rstrip('/')}/healthz", timeout=60)
        process.send_signal(number)
        assert process.wait(timeout=60) == expected
        process.stdout.close()


def test_the_uis_log_is_json_where_it_is_set(
    tollhouse: Tollhouse, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(settings.home.parent)
    monkeypatch.setenv("TOLLHOUSE_LOG", "json")
    monkeypatch.setattr(runs, "prepare_dagster_home", lambda of: of.dagster_home)
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _, words, __: started.append(words))
    tollhouse("ui", "--port", "0")
    assert started[0][-2:] == ["--log-format", "json"]
