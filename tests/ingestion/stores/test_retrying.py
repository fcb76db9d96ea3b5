"""Trying a file again after its cause was fixed: which files, what is done, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import TollhouseError
from orchestration.ingestion.landing.pulling import retry
from orchestration.settings import Settings
from tests.ingestion.intake import HEADER, Intake

LINE = "1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16"
NAME = "SW1_20260105_000001.csv"
PATTERN = "{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv"


@pytest.fixture
def sources(intake: Intake, tmp_path: Path) -> Path:
    """A sources file of one folder of call records; the intake's settings have it."""
    path = tmp_path / "sources.yml"
    (tmp_path / "in").mkdir()
    write_sources(path, PATTERN)
    environment = {"TOLLHOUSE_HOME": str(intake.settings.home), "TOLLHOUSE_SOURCES": str(path)}
    intake.settings = Settings.from_environment(environment)
    return path


def write_sources(path: Path, pattern: str) -> None:
    """The one source, its names of a pattern."""
    path.write_text(
        f"sources:\n  - {{name: north, kind: cdr, url: 'file:{path.parent / 'in'}', pattern: '{pattern}', format: canonical}}\n"
    )


def deliver(sources: Path, name: str, content: str) -> None:
    """Put a file into the source's folder."""
    (sources.parent / "in" / name).write_text(content)


def test_a_name_that_the_pattern_did_not_know_is_read_after_sources_yml_is_mended(
    intake: Intake, sources: Path
) -> None:
    write_sources(sources, "{switch_id}-{date:YYYYMMDD}-{sequence:6}.csv")
    deliver(sources, NAME, f"{HEADER}\n{LINE}\n")
    intake.pull()
    before = intake.only_file()
    assert before.status == "rejected" and before.switch_id is None
    with pytest.raises(TollhouseError, match="cannot be tried again yet: name not of its source's pattern"):
        retry(intake.settings, intake.ledger, before.file_id, "too early")
    assert intake.only_file() == before and intake.ledger.decisions() == []

    write_sources(sources, PATTERN)
    decision = retry(intake.settings, intake.ledger, before.file_id[:8], "the pattern was wrong")
    assert (decision.kind, decision.why, decision.file_id) == ("retry_file", "the pattern was wrong", before.file_id)
    assert decision.decided_by and decision.decided_at
    after = intake.only_file()
    assert (after.status, after.switch_id, after.sequence_number, str(after.file_date)) == (
        "registered", "SW1", 1, "2026-01-05",
    )  # fmt: skip
    assert (after.seen_order, after.first_seen_at) == (before.seen_order, before.first_seen_at)
    (decoded,) = intake.decode()
    assert (decoded.read_records, decoded.malformed) == (1, 0)
    assert [event.event for event in intake.ledger.events(before.file_id)] == [
        "registered", "rejected", "retry_file", "registered", "decoded",
    ]  # fmt: skip


def test_a_held_file_is_decoded_and_judged_anew(intake: Intake) -> None:
    decoded = intake.cdr(LINE)
    intake.ledger.set_status(decoded.file_id, "held", "1 of 1 records are malformed")
    assert intake.decode() == []  # nothing it depends on has changed
    retry(intake.settings, intake.ledger, decoded.file_id, "the limit was raised")
    entry = intake.only_file()
    assert entry.status == "registered" and entry.decoded_with is None
    assert entry.status_reason == "to be tried again: the limit was raised; was held: 1 of 1 records are malformed"
    assert [file.file_id for file in intake.decode()] == [decoded.file_id]


def test_what_a_companion_declared_is_kept(intake: Intake) -> None:
    intake.deliver("cdr/SW1", f"{NAME}.ctl", "records=2\nseconds=60\n")
    decoded = intake.cdr(LINE)
    intake.ledger.set_status(decoded.file_id, "held", ".ctl disagrees")
    retry(intake.settings, intake.ledger, decoded.file_id, "counted again")
    assert (intake.only_file().declared_records, intake.only_file().declared_seconds) == (2, 60)


def refused(intake: Intake, file_id: str, message: str, settings: Settings | None = None) -> None:
    """The retry is refused, and nothing is changed by it."""
    before, events = intake.ledger.files(), intake.ledger.events(file_id)
    with pytest.raises(TollhouseError, match=message):
        retry(settings or intake.settings, intake.ledger, file_id, "because")
    assert (intake.ledger.files(), intake.ledger.events(file_id), intake.ledger.decisions()) == (before, events, [])


def test_a_file_with_no_cause_to_mend_is_refused(intake: Intake) -> None:
    decoded = intake.cdr(LINE)
    refused(intake, decoded.file_id, "is registered: only a held or an unreadable file")
    intake.ledger.set_status(decoded.file_id, "loaded", None)
    refused(intake, decoded.file_id, "is loaded: only a held or an unreadable file")
    intake.ledger.set_status(decoded.file_id, "rejected", "same content as other.csv (ff), which is loaded")
    refused(intake, decoded.file_id, "same content as other.csv .* trying again changes nothing")


def test_a_file_that_still_cannot_be_read_is_refused(intake: Intake) -> None:
    intake.deliver("cdr/SW1", NAME, f"number,caller\n{LINE}\n")
    intake.pull()
    assert str(intake.only_file().status_reason).startswith("unreadable: wrong header")
    refused(intake, intake.only_file().file_id, "cannot be tried again yet: unreadable: wrong header")


def test_a_name_that_another_file_took_meanwhile_is_refused(intake: Intake, sources: Path) -> None:
    write_sources(sources, "{switch_id}-{date:YYYYMMDD}-{sequence:6}.csv")
    deliver(sources, NAME, f"{HEADER}\n{LINE}\n")
    intake.pull()
    write_sources(sources, PATTERN)
    deliver(sources, NAME, f"{HEADER}\n{LINE}\n{LINE.replace('1,', '2,', 1)}\n")
    intake.pull()
    first, second = intake.ledger.files()
    assert (first.status, second.status) == ("rejected", "registered")
    refused(intake, first.file_id, f"cannot be tried again: same name with other content as {NAME}")


def test_a_landed_file_that_was_changed_or_lost_its_source_is_refused(intake: Intake, tmp_path: Path) -> None:
    decoded = intake.cdr(LINE)
    intake.ledger.set_status(decoded.file_id, "held", "why")
    landed = intake.settings.home / intake.only_file().landing_path
    content = landed.read_bytes()
    landed.write_bytes(content + b"\n")
    refused(intake, decoded.file_id, "is not what was delivered")
    landed.write_bytes(content)
    sources = tmp_path / "sources.yml"
    (tmp_path / "in").mkdir()
    write_sources(sources, PATTERN)
    other = {"TOLLHOUSE_HOME": str(intake.settings.home), "TOLLHOUSE_SOURCES": str(sources)}
    refused(intake, decoded.file_id, "its source cdr/SW1 is no longer there", Settings.from_environment(other))
