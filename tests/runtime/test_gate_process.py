"""The process that evaluates the gates: it answers as the runner does, fails closed, and does not outlive the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from expectations.catalogue import all_suites
from expectations.runner import run_suites
from orchestration.errors import TollhouseError
from orchestration.runtime.gate_process import GateProcess
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse

# Holds a gate process for as long as it lives, as a run does.
_A_RUN = """
import time
from orchestration.runtime.gate_process import GateProcess
from orchestration.settings import Settings
print(GateProcess(Settings.from_environment())._process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty warehouse."""
    monkeypatch.setenv("TOLLHOUSE_HOME", str(tmp_path))
    found = Settings.from_environment()
    with open_warehouse(found) as con:
        con.execute("create table marts.bills (bill_id varchar)")
    return found


def test_it_answers_as_the_runner_does(settings: Settings) -> None:
    """Each gate of two suites, in order; on a warehouse without tables not one of them holds."""
    names = [suite.name for suite in all_suites()][-2:]
    gates = GateProcess(settings)
    try:
        told = gates.evaluate(names)
    finally:
        gates.end()
    with open_warehouse(settings) as con:  # the process has let go of the file
        assert told == run_suites(con, names)
    assert told and not any(result.success for result in told)


def test_a_warehouse_that_is_held_is_said(settings: Settings) -> None:
    """Not a wait, and not a gate that was not evaluated: the error of opening it."""
    gates = GateProcess(settings)
    try:
        with duckdb.connect(str(settings.warehouse_path)), pytest.raises(TollhouseError, match="cannot be opened"):
            gates.evaluate([])
    finally:
        gates.end()


def test_one_that_died_fails_closed(settings: Settings) -> None:
    """Killed by hand or for want of memory: the run ends with an error instead of going on without gates."""
    gates = GateProcess(settings)
    gates._process.kill()
    gates._process.wait()
    with pytest.raises(TollhouseError, match="could not be evaluated: their process ended with exit code -9"):
        gates.evaluate([])
    gates.end()


@pytest.mark.usefixtures("settings")
def test_it_ends_with_a_run_that_is_killed() -> None:
    """A run that is killed leaves no process behind that could hold the warehouse."""
    with subprocess.Popen([sys.executable, "-c", _A_RUN], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60
    while _lives(pid):
        assert time.monotonic() < until, "the gate process outlived its run by a minute"
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if Path("/proc").is_dir()
        else True
    )
