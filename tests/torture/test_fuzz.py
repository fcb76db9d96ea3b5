"""Damaged files of every kind through the intake, in the short form; `make torture` does it longer (tests/torture/__main__.py)."""

from __future__ import annotations

import pytest

from tests.torture.fuzzing import FILES_AT_ONCE, fuzz


@pytest.mark.parametrize(("kind", "batches"), [("cdr", 50), ("bank", 60), ("customers", 40)])
def test_a_damaged_file_is_read_held_or_rejected_and_no_line_is_lost(kind: str, batches: int) -> None:
    """Some two thousand files in all."""
    assert fuzz(kind, batches, random_seed=1) >= batches * FILES_AT_ONCE // 2
