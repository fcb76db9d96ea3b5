"""A disk that fills up while a run is in progress: a small file system in memory as the home, made larger step by step."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.robustness.branch import new_branch
from tests.torture.commands import Runner
from tests.torture.deliveries import DELIVERIES
from tests.torture.kills import Undisturbed, differences, rows_of
from tests.torture.soundness import after_a_kill, after_a_run

#: How much of what a whole run writes there is room for, one run after the other.
SHARES = (0.01, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85)
_PLENTY_KIB = 1 << 19


class CannotMount(Exception):
    """This process may not mount a file system: it is not root, or in a container that keeps it from doing so."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[int], None]]:
    """A file system of its own at the folder; gives the function that sets its size in KiB. Raises CannotMount."""

    def mount(options: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)

    def resize(kib: int) -> None:
        assert mount(f"remount,size={kib}k").returncode == 0

    if os.geteuid() != 0 or shutil.which("mount") is None or mount(f"size={_PLENTY_KIB}k").returncode != 0:
        raise CannotMount("a small tmpfs can be mounted by root only")
    try:
        yield resize
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def kib_of(folder: Path) -> int:
    """What the files below a folder take up."""
    return sum(path.stat().st_blocks for path in folder.rglob("*")) // 2


def fill_the_disk(
    runner: Runner,
    folder: Path,
    calm: Undisturbed,
    calm_home: Path,
    shares: Sequence[float],
    say: Callable[[str], None],
) -> list[str]:
    """Runs that fail for want of room, each with a little more of it; then one with plenty. The steps at which they failed.

    `calm_home` is the home after the first undisturbed run, which tells how much room a run takes. Raises CannotMount.
    """
    struck = []
    with small_disk(folder) as resize:
        branch = new_branch(folder / "home")
        for file in DELIVERIES[0]:
            file.to(branch)
        before, growth = kib_of(folder), kib_of(calm_home) - kib_of(folder)
        for share in shares:
            resize(before + round(growth * share))
            ended = runner.forked(branch.settings, "run")
            if ended.status == 0:
                break
            assert ended.status == 1, ended.errors
            assert f"the disk is full under {branch.home}" in ended.errors and "make room" in ended.errors, ended.errors
            resize(_PLENTY_KIB)  # to look at the ledger takes room, too
            assert after_a_kill(branch.home, None) is None
            struck.append(ended.step)
            say(f"disk full at {share:.0%} of the room that a run takes, at: {ended.step}")
        assert struck
        resize(_PLENTY_KIB)
        ended = runner.forked(branch.settings, "run")
        assert ended.status == 0, ended.errors
        after_a_run(branch.home)
        different = differences(rows_of(branch.published), calm.marts[0])
        assert not different, "\n".join(different[:20])
        say("with room again: row for row the undisturbed edition")
    return struck
