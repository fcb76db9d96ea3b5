"""How the tests are shared out when several processes run them (`make test` starts two). No fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent

#: Folders whose tests use one branch that takes a run to make: they stay in one process, so that it is made once.
ONE_BRANCH = {"robustness", "debit_requests", "orchestration", "torture"}


@pytest.hookimpl(tryfirst=True)  # before the plugin that reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the group of its folder; a group runs in one process."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        item.add_marker(pytest.mark.xdist_group("branch" if folder in ONE_BRANCH else folder))
