"""Exports that change at random: runs step by step publish what one run over everything does, and what the oracle has.

The long form, with more days and seeds, is `python -m tests.torture --only exports`.
"""

from __future__ import annotations

from pathlib import Path

from tests.robustness.branch import Branch
from tests.robustness.changing_exports import compared, drawn

#: Five days in two steps: each run costs some ten seconds.
SEED, DAYS, RUNS = 2, 5, 2


def test_runs_step_by_step_publish_what_one_run_over_everything_does(tmp_path: Path) -> None:
    def run(branch: Branch) -> None:
        typed = branch.tollhouse("run")
        assert typed.exit_code == 0, typed.message

    found = compared(tmp_path, drawn(SEED, DAYS), RUNS, run)
    assert not found, "\n".join([f"seed {SEED}", *found[:20]])
