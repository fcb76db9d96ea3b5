"""Fixtures shared by the tests of the running product: a fresh branch, and one that has run once, made once for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.branch import Branch, new_branch, run_over_two_days


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    """A branch with a sound book and an empty inbox."""
    return new_branch(tmp_path / "home")


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """A branch after an ordinary run over two days of March 2026. Not to be changed: copy it."""
    return run_over_two_days(tmp_path_factory.getbasetemp())


@pytest.fixture
def ran_copy(ran: Branch, tmp_path: Path) -> Branch:
    """A copy of the branch that has run, to be changed."""
    return ran.copy_to(tmp_path / "home")
