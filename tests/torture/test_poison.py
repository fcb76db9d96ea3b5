"""Poisoned files under a memory limit of the system, in the short form; `make torture` does it longer (tests/torture/__main__.py)."""

from __future__ import annotations

from random import Random

from tests.torture.corpus import SEEDS
from tests.torture.poison import in_limited_memory, poisoned


def test_no_poisoned_file_ends_the_process_or_harms_another() -> None:
    """Some fifty files, each of which has a verdict."""
    ends, _ = in_limited_memory(10, random_seed=1)
    counts = {how: int(files) for files, _, how in (line.partition(" ") for line in ends)}
    assert sum(counts.values()) >= 30
    assert {"loaded", "held"} < counts.keys() and any(how.startswith("rejected") for how in counts)


def test_a_poisoned_file_is_extreme_and_the_same_for_the_same_numbers() -> None:
    """Most differ from the sound file, some by sizes that no sound file has."""
    seeds = [seed for kind in SEEDS for seed in SEEDS[kind]]
    drawn = [(seed, poisoned(seed, Random(number))) for number, seed in enumerate(seeds * 4)]
    assert drawn == [(seed, poisoned(seed, Random(number))) for number, seed in enumerate(seeds * 4)]
    assert sum(content != seed.content for seed, (content, _) in drawn) > len(drawn) / 2
    assert any(len(content) > 1 << 20 for _, (content, _) in drawn)
