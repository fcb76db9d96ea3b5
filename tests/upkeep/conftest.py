"""Fixtures: the small branch after a first run, to be copied and changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.branch import Branch, run_over_two_days


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch after its first run, the one that the tests of robustness use. Not to be changed: copy it."""
    return run_over_two_days(tmp_path_factory.getbasetemp())


@pytest.fixture
def ran_copy(ran: Branch, tmp_path: Path) -> Branch:
    """A copy of it, to be changed."""
    return ran.copy_to(tmp_path / "home")
