"""What holds for all tests: runs in this process have their gates judged in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestration import resources
from tests.gates_here import GatesHere


@pytest.fixture(scope="session", autouse=True)
def gates_judged_here() -> Iterator[None]:
    """For every run within the tests' own process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resources, "GateProcess", GatesHere)
        yield
