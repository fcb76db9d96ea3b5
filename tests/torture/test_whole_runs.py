"""Kills, a full disk, disorder, readers and damaged files through whole runs, in their short form; `make torture` is the long one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.torture import concurrency, disk, fuzzing, kills, order, upkeep_kills
from tests.torture.commands import Kill, Runner, in_memory, runner


@pytest.fixture(scope="module")
def running() -> Iterator[Runner]:
    """What runs are forked from."""
    with runner(is_lean=True) as running:
        yield running


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder in memory, where flushing to the disk costs nothing."""
    with tempfile.TemporaryDirectory(prefix="torture-", dir=in_memory()) as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Calm:
    """The first delivery after a run that nobody disturbed."""

    home: Path
    result: kills.Undisturbed


@pytest.fixture(scope="module")
def calm(running: Runner, place: Path) -> Calm:
    """Made once."""
    return Calm(place / "calm", kills.undisturbed(running, place / "calm", 1, print))


#: While decoding, between two models, when the marts are staged; and the installed command wherever it is after 4 seconds.
KILLS = (
    (Kill(moment="before putting a decoded file in its place", nth=10), False),
    (Kill(seconds=4), True),
    (Kill(moment="after a dbt model", nth=40), False),
    (Kill(moment="before naming the edition's folder"), False),
)


def test_runs_that_were_killed_publish_what_undisturbed_runs_do(running: Runner, place: Path, calm: Calm) -> None:
    """After every kill the edition that stands is whole; after the next run nothing is lost, doubled or left over."""
    tormented = kills.Tormented(running, place / "killed", calm.result, Random(1), print)
    tormented.deliver(0)
    for kill, is_real in KILLS:
        assert tormented.strike(0, kill, is_real), f"the run was not killed: {kill}"
    assert not (tormented.branch.published / "current.json").exists()
    tormented.complete(0)


@pytest.mark.parametrize("name", ["files release", "prune", "backup", "restore"])
def test_a_killed_command_of_the_upkeep_is_healed_by_the_next(running: Runner, place: Path, name: str) -> None:
    """Close and rebuild, which end with a run, are in the long form."""
    done = upkeep_kills.torment(running, upkeep_kills.SCENES[name], place / name, 2, Random(4), print)
    assert done.kills == 2


def test_a_full_disk_is_named_and_costs_nothing(running: Runner, place: Path, calm: Calm) -> None:
    """Once when the call files have been judged, then with room."""
    (place / "small").mkdir()
    try:
        struck = disk.fill_the_disk(running, place / "small", calm.result, calm.home, (0.25,), print)
    except disk.CannotMount as error:
        pytest.skip(str(error))
    assert len(struck) == 1


def test_any_order_and_split_publish_the_same_while_a_reader_sees_whole_editions(running: Runner, place: Path) -> None:
    """Six orders over two runs, with a reader who opens the current edition over and over."""
    expected = order.at_once(running, place / "at once")
    reader = concurrency.Reader(place / "disorder" / "published")
    reader.start()
    try:
        order.in_disorder(running, place / "disorder", expected, Random(1), print, runs=2)
    finally:
        reader.end()
    assert reader.readings > len(reader.editions) >= 1


def test_damaged_files_of_every_kind_go_through_a_whole_run(running: Runner, place: Path) -> None:
    """Some are loaded, some held, some rejected, and the edition is published."""
    statuses = fuzzing.through_a_whole_run(running, place / "damaged", 40, random_seed=1)
    assert min(statuses.get(status, 0) for status in ("loaded", "held", "rejected")) > 3, statuses
