"""Damaged files of every kind through the intake, in the short form; `make torture` does it longer (tests/torture/__main__.py)."""

from __future__ import annotations

import pytest

from orchestration.ingestion.bank.formats import declared
from orchestration.ingestion.cdr.formats import registry
from tests.torture.corpus import FOREIGN_BANK_SEEDS, FOREIGN_SEEDS, Seed
from tests.torture.deliveries import Delivery
from tests.torture.fuzzing import FILES_AT_ONCE, fresh_intake, fuzz, take_in


@pytest.mark.parametrize(
    ("kind", "batches"), [("cdr", 40), ("foreign cdr", 40), ("bank", 40), ("foreign bank", 40), ("customers", 40)]
)
def test_a_damaged_file_is_read_held_or_rejected_and_no_line_is_lost(kind: str, batches: int) -> None:
    """Some two thousand files in all."""
    assert fuzz(kind, batches, random_seed=1) >= batches * FILES_AT_ONCE // 2


def test_every_declared_format_is_damaged() -> None:
    """A new format needs a sound file in corpus.py."""
    for folder, seeds in ((registry.FORMATS_FOLDER, FOREIGN_SEEDS), (declared.FORMATS_FOLDER, FOREIGN_BANK_SEEDS)):
        formats = {path.stem for path in folder.glob("*.yml")}
        assert {seed.folder.split("/")[1] for seed in seeds} | {"canonical"} == formats


@pytest.mark.parametrize("seed", [*FOREIGN_SEEDS, *FOREIGN_BANK_SEEDS], ids=str)
def test_an_undamaged_file_is_read_whole(seed: Seed) -> None:
    """Else the damage would hit nothing."""
    file = Delivery(seed.folder, seed.name.format(1), seed.content)
    with fresh_intake() as intake:
        (entry,) = take_in(intake, [file]).values()
        assert entry.status != "rejected" and (entry.malformed_records, entry.set_aside_rows) == (0, 0), entry
        assert entry.read_records + entry.data_rows >= 2
