"""What ended the last run, as its record and the machine tell of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import TollhouseError
from orchestration.runtime import run_record
from orchestration.runtime.run_record import RunRecord, ending, load_record, note_end, one_line_of
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a home."""
    return Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path)})


def begun(**values: object) -> RunRecord:
    """The record of a run that has begun."""
    return RunRecord("r1", "2026-05-20T10:00:00+00:00", **values)  # type: ignore[arg-type]


def test_the_first_word_on_a_failure_is_kept(settings: Settings) -> None:
    begun().save(settings)
    note_end(settings, "another", "failed", "no matter of this run")
    note_end(settings, "r1", "failed", "SW1_x.csv: the landed file is gone")
    note_end(settings, "r1", "stopped")
    record = load_record(settings)
    assert record is not None
    assert ending(record, is_at_work=False) == ("failed", "SW1_x.csv: the landed file is gone")


def test_a_run_at_work_has_not_ended() -> None:
    assert ending(begun(), is_at_work=True) == ("running", None)
    assert ending(begun(status="published"), is_at_work=True) == ("published", None)


def test_a_process_that_is_gone_was_killed() -> None:
    status, why = ending(begun(), is_at_work=False)
    assert status == "unfinished"
    assert why is not None and why.startswith("its process was killed; nothing is lost")


def test_a_kill_for_want_of_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_record, "_oom_kills", lambda: 3)
    record = begun()
    monkeypatch.setattr(run_record, "_oom_kills", lambda: 4)
    status, why = ending(record, is_at_work=False)
    assert status == "unfinished"
    assert why is not None and "for want of memory" in why and "TOLLHOUSE_MEMORY_LIMIT" in why


def test_a_restart_of_the_machine_is_named() -> None:
    status, why = ending(begun(boot_id="of another start"), is_at_work=False)
    assert status == "unfinished"
    assert why is not None and why.startswith("the machine was restarted")


def test_an_error_is_told_in_one_line_with_its_kind_unless_it_is_our_own() -> None:
    assert one_line_of(TollhouseError("the book: 2 faults\nfirst\nsecond")) == "the book: 2 faults"
    assert one_line_of(ValueError("x\ny")) == "ValueError: x"
    assert one_line_of(MemoryError()) == "MemoryError: no message"


def test_a_record_of_before_is_read(settings: Settings) -> None:
    (settings.home / "last_run.json").write_text(
        '{"run_id": "r0", "started_at": "2026-05-01T00:00:00+00:00", "status": "published"}'
    )
    record = load_record(settings)
    assert record is not None and record.error is None
