"""The kill test in its short form: four kills, one of them of the installed command, over two deliveries."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.torture.commands import in_memory, runner
from tests.torture.kills import kill_test

SEED = 3


def test_runs_that_were_killed_publish_what_undisturbed_runs_do() -> None:
    """After every kill the edition that stands is whole; after the next run nothing is lost, doubled or left over."""
    with tempfile.TemporaryDirectory(prefix="kills-", dir=in_memory()) as folder, runner() as running:
        done = kill_test(running, Path(folder), kills=4, real=1, deliveries=1, seed=SEED, say=print)
    assert (done.kills, done.of_real_processes, done.completed) == (4, 1, 1)
