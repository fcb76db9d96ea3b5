"""What is locked does not move, and what changes below it is restated to the fen: 200 drawn accounts of 40 agents, four steps.

The long form, with more draws, is `python -m tests.torture --only settlements`.
"""

from __future__ import annotations

from pathlib import Path

from tests.dbt.restated_settlements import faults_of_draw

#: In this draw a line that was restated once, for it was not locked, is gone again later.
SEED = 104


def test_locked_and_restated_come_to_what_the_oracle_has(tmp_path: Path) -> None:
    faults, restated = faults_of_draw(tmp_path, SEED)
    assert not faults, "\n".join([f"seed {SEED}", *faults[:20]])
    assert restated > 100, "the draw is worth its time"
