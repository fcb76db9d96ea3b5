"""Exports that change at random, and a month's end between the runs: once all is reopened, runs step by step publish what one run over
everything does, and what the oracle has; what is closed or locked does not move, and the laws of the money hold in every edition.

The long form, with more days and seeds, is `python -m tests.torture --only exports`.
"""

from __future__ import annotations

from pathlib import Path

from tests.robustness.branch import Branch
from tests.robustness.changing_exports import compared, drawn

#: Five days in two steps: each run costs some ten seconds.
SEED, DAYS, RUNS = 1, 5, 2


def test_runs_step_by_step_publish_what_one_run_over_everything_does(tmp_path: Path) -> None:
    def type_(branch: Branch, *words: str) -> None:
        typed = branch.tollhouse(*words)
        assert typed.exit_code == 0, (words, typed.message)

    decided, found = compared(tmp_path, drawn(SEED, DAYS), RUNS, type_, SEED)
    assert not found, "\n".join([f"seed {SEED}, {decided}", *found[:20]])
    assert [words.split()[0] for words in decided] == ["close", "settlement", "settlement", "reopen"]
