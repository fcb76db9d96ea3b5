"""Damaged files of every kind through the intake, in the short form; `make torture` does it longer (tests/torture/__main__.py)."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.torture.fuzzing import (
    BANK_SEEDS,
    CDR_SEEDS,
    EXPORT_SEEDS,
    Delivery,
    Seed,
    check,
    delivery,
    fresh_intake,
    take_in,
)

FILES_AT_ONCE = 20
# Kind → seeds, and how many batches of twenty files the short form takes in.
SHORT = {"cdr": (CDR_SEEDS, 50), "bank": (BANK_SEEDS, 60), "customers": (EXPORT_SEEDS, 40)}


def delivered(chosen: list[tuple[Seed, Random]]) -> list[Delivery]:
    """The chosen seeds damaged, each under a name of its own."""
    return [delivery(seed, number, random) for number, (seed, random) in enumerate(chosen)]


def fuzz(seeds: tuple[Seed, ...], batches: int, random_seed: int) -> int:
    """Take in that many batches of damaged files; how many files that were. A failure is shrunk to the least damage."""
    files = 0
    chosen = st.tuples(st.sampled_from(seeds), st.randoms(use_true_random=False))

    @seed(random_seed)
    @settings(max_examples=batches, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(chosen, min_size=FILES_AT_ONCE // 2, max_size=FILES_AT_ONCE).map(delivered))
    def damaged_files_are_accounted_for(deliveries: list[Delivery]) -> None:
        nonlocal files
        files += len(deliveries)
        with fresh_intake() as intake:
            entries = take_in(intake, deliveries)
            for file in deliveries:
                check(intake, file, entries[f"{file.folder}/{file.name}"])

    damaged_files_are_accounted_for()
    return files


@pytest.mark.parametrize("kind", SHORT)
def test_a_damaged_file_is_read_held_or_rejected_and_no_line_is_lost(kind: str) -> None:
    seeds, batches = SHORT[kind]
    assert fuzz(seeds, batches, random_seed=1) >= batches * FILES_AT_ONCE // 2
