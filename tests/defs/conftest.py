"""Fixtures: the small branch after a first run, its Dagster instance, and the definitions as the server loads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.runs import prepare_dagster_home
from orchestration.settings import Settings
from tests.in_process_gates import InProcessGateRunner
from tests.robustness.branch import Branch, run_over_two_days
from tests.robustness.commands import environment


@pytest.fixture(scope="session")
def definitions() -> dg.Definitions:
    """What `dagster -m orchestration.definitions` loads, for a branch that lies nowhere."""
    return build_defs(Settings.from_environment({"TOLLHOUSE_HOME": "/nonexistent"}))


def definitions_here() -> dg.Definitions:
    """The definitions for the branch that the environment names, with the gates evaluated in this process."""
    return build_defs(Settings.from_environment(), {"gate_runner": InProcessGateRunner()})


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch after its first run, the one that the tests of robustness use. Not to be changed: copy it."""
    return run_over_two_days(tmp_path_factory.getbasetemp())


@pytest.fixture
def ran_copy(ran: Branch, tmp_path: Path) -> Iterator[Branch]:
    """A copy of the branch after its first run, with the settings of the environment on it."""
    copy = ran.copy_to(tmp_path / "home", has_whole_runs=True)
    with environment(copy.settings):
        prepare_dagster_home(Settings.from_environment())  # the copied configuration names the folder that was copied
        yield copy


@pytest.fixture
def instance(ran_copy: Branch) -> Iterator[dg.DagsterInstance]:
    """What Dagster has stored of the first run."""
    with dg.DagsterInstance.from_config(str(ran_copy.home / "dagster")) as opened:
        yield opened
