"""Two runs at once, and readers who open the current edition while runs publish."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.robustness.branch import Branch, cdr, new_branch
from tests.robustness.commands import PROJECT
from tests.torture.commands import TOLLHOUSE, Runner
from tests.torture.deliveries import DELIVERIES
from tests.torture.soundness import after_a_run, whole_edition


class Reader(threading.Thread):
    """Opens pointer, manifest and every file of the current edition over and over, and keeps what it saw."""

    def __init__(self, published: Path) -> None:
        super().__init__(daemon=True)
        self.published = published
        self.readings, self.editions = 0, set[str]()
        self.fault: Exception | None = None
        self._is_over = threading.Event()

    def run(self) -> None:
        """Read until told to stop or something is not whole."""
        while not self._is_over.is_set():
            try:
                edition = whole_edition(self.published)
            except Exception as error:  # noqa: BLE001  whatever a reader meets is what is looked for
                self.fault = error
                return
            if edition is not None:
                self.readings += 1
                self.editions.add(edition)
            time.sleep(0.01)

    def end(self) -> None:
        """Stop, and raise what the reader met."""
        self._is_over.set()
        self.join()
        if self.fault is not None:
            raise self.fault


def read_while_publishing(runner: Runner, home: Path, runs: int, say: Callable[[str], None]) -> tuple[int, int]:
    """Runs that each publish, under the eyes of a reader; how many readings there were, and of how many editions."""
    branch = new_branch(home)
    for file in DELIVERIES[0]:
        file.to(branch)
    reader = Reader(branch.published)
    reader.start()
    try:
        for number in range(runs):
            branch.deliver(
                "cdr/SW1",
                f"SW1_20260306_{100 + number:06d}.csv",
                cdr([f"2200001,2200002,,,2026-03-06 1{number % 10}:00:00,60,16"]),
            )
            ended = runner.forked(branch.settings, "run")
            assert ended.status == 0, ended.errors
    finally:
        reader.end()
    assert len(reader.editions) >= runs - 1
    say(f"{reader.readings} readings of {len(reader.editions)} editions while {runs} runs published: each whole")
    return reader.readings, len(reader.editions)


def two_at_once(branch: Branch) -> tuple[int, int]:
    """Two `tollhouse run` started together: one publishes, the other says that a run is in progress; nothing is taken in twice.

    Their exit codes, the smaller first. Where one was done before the other began, both end well.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOLLHOUSE_")}
    both = [
        subprocess.Popen(
            [TOLLHOUSE, "run", "--json"],
            cwd=PROJECT,
            env={**own, **branch.settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=600)[0]) for process in both]
    codes = [process.returncode for process in both]
    for code, answer, other in zip(codes, answers, reversed(both), strict=True):
        assert code in (0, 1), answer
        if code == 1:
            message = answer["error"]["message"]
            assert "another run is in progress" in message and str(branch.home) in message, message
            assert f"process {other.pid}" in message, message
    assert 0 in codes
    after_a_run(branch.home)
    return min(codes), max(codes)
