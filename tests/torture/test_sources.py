"""A source that goes away while it is read, or afterwards: the others go on, and nothing that was there is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.ingestion.landing.pulling import pull
from tests.ingestion.intake import Intake
from tests.robustness.branch import calls_of_day, cdr
from tests.torture.deliveries import bank_file
from tests.torture.fuzzing import fresh_intake


@pytest.fixture
def intake() -> Iterator[Intake]:
    """An empty home with ledger and connection, and in its inbox three call files and a bank file."""
    with fresh_intake() as intake:
        for day in ("20260302", "20260303", "20260304"):
            content = cdr(calls_of_day(f"{day[:4]}-{day[4:6]}-{day[6:]}"))
            intake.deliver("cdr/SW1", f"SW1_{day}_0000{day[-2:]}.csv", content)
        intake.deliver("bank/ICBC", "ICBC_20260302_B1.txt", bank_file())
        yield intake


def names(intake: Intake) -> list[str]:
    """What is registered."""
    return sorted(entry.file_name for entry in intake.ledger.files())


def test_a_source_that_goes_between_listing_and_copying(intake: Intake) -> None:
    """The first of its files is copied, the others were listed and are gone: they are named, the bank's file comes in, and
    when the folder is back the rest does."""
    folder, aside = intake.settings.inbox / "cdr" / "SW1", intake.settings.inbox / "gone"
    copied = []

    def watch(done: int, total: int, label: str) -> None:
        copied.append(label)
        if copied[-2:-1] == ["cdr/SW1/SW1_20260302_000002.csv"]:
            shutil.move(folder, aside)

    pulled = pull(intake.settings, intake.ledger, progress=watch, settle_seconds=0)
    assert len(copied) == 4
    # However the source went, it is told by name; a file that is not there any more is not half there.
    told = pulled.unreachable + pulled.growing
    assert sorted(text.split(":")[0].split("/")[-1] for text in told) == [
        "SW1_20260303_000003.csv",
        "SW1_20260304_000004.csv",
    ]
    assert names(intake) == ["ICBC_20260302_B1.txt", "SW1_20260302_000002.csv"]
    shutil.move(aside, folder)
    again = intake.pull(settle_seconds=0)
    assert (again.unreachable, again.growing) == ([], [])
    assert len(names(intake)) == 4
    assert len(intake.decode()) == 4


def test_a_source_that_goes_after_it_was_read(intake: Intake) -> None:
    """What has landed is read from there."""
    intake.pull(settle_seconds=0)
    shutil.rmtree(intake.settings.inbox / "cdr")
    assert intake.pull(settle_seconds=0).registered == []
    assert sum(decoded.read_records for decoded in intake.decode()) == 21
    assert len(names(intake)) == 4


def test_a_file_that_is_replaced_between_listing_and_copying(intake: Intake) -> None:
    """What was listed is not what would be copied: it waits for the next run, and is taken in once."""
    path = intake.settings.inbox / "cdr" / "SW1" / "SW1_20260304_000004.csv"

    def watch(done: int, total: int, label: str) -> None:
        if label.endswith(path.name):
            Path(path).write_text(cdr(calls_of_day("2026-03-04")[:2]), encoding="utf-8")

    pulled = pull(intake.settings, intake.ledger, progress=watch, settle_seconds=0)
    assert [text.split("/")[-1].split(":")[0] for text in pulled.unreachable + pulled.growing] == [path.name]
    assert path.name not in names(intake)
    intake.pull(settle_seconds=0)
    assert names(intake).count(path.name) == 1
    assert {decoded.read_records for decoded in intake.decode()} == {0, 2, 7}
