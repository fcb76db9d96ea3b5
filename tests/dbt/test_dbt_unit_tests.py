"""The dbt unit tests, which stand beside their models, run as part of the test suite."""

from __future__ import annotations

from pathlib import Path

from orchestration.settings import Settings
from orchestration.warehouse.dbt_runner import manifest_nodes
from tests.dbt.conftest import run_unit_tests

# Every rule that rounds, prorates, splits or decides has one or more; fewer than this means that some were lost.
AT_LEAST = 80


def test_every_unit_test_passes(empty_warehouse: Settings, tmp_path: Path) -> None:
    results = run_unit_tests(empty_warehouse, tmp_path)

    assert {result.node.name: result.message for result in results if str(result.status) != "pass"} == {}
    assert len(results) == len(manifest_nodes()["unit_tests"])
    assert len(results) >= AT_LEAST
