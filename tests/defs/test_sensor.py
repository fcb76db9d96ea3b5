"""The sensor of the inbox: silent while nothing waits, an intake for each set of waiting files, a run for what it changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.runtime.run_lock import is_run_at_work, run_lock
from orchestration.settings import Settings
from tests.defs.conftest import definitions_here
from tests.robustness.branch import Branch, calls_of_day, cdr, new_branch
from tests.robustness.commands import environment


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Branch]:
    """A branch whose source folders are there and empty."""
    branch = new_branch(tmp_path / "home")
    for folder in ("cdr/SW1", "bank/ICBC", "customers"):
        (branch.home / "inbox" / folder).mkdir(parents=True)
    with environment(branch.settings):
        yield branch


def asked() -> list[tuple[str, str]]:
    """Job and key of each request of one evaluation of the sensor; none where it skips."""
    answer = definitions_here().resolve_sensor_def("inbox_sensor")(dg.build_sensor_context())
    if isinstance(answer, dg.SkipReason):
        return []
    assert isinstance(answer, list)
    return [(str(request.job_name), str(request.run_key)) for request in answer]


def jobs() -> list[str]:
    """The jobs that one evaluation asks for."""
    return [job for job, _ in asked()]


def test_nothing_waits(empty: Branch) -> None:
    """Says so, and starts nothing."""
    answer = definitions_here().resolve_sensor_def("inbox_sensor")(dg.build_sensor_context())
    assert answer == dg.SkipReason("no file waits in any source, and the last run had all that came in")


def test_waiting_files_are_asked_for_once(empty: Branch) -> None:
    """The key stays while the same files wait, so Dagster starts one intake; one file more, another key."""
    empty.deliver_day(2)
    first = asked()
    assert [job for job, _ in first] == ["tollhouse_intake"] and asked() == first
    empty.deliver_day(3)
    assert asked() != first


def test_a_file_that_is_being_written_is_not_asked_for(empty: Branch) -> None:
    """It counts when it has not been written to for a second, or has its companion."""
    path = empty.home / "inbox" / "cdr" / "SW1" / "SW1_20260302_003002.csv"
    path.write_text("half of it", encoding="utf-8")
    assert jobs() == []
    path.with_name(f"{path.name}.done").touch()
    assert jobs() == ["tollhouse_intake"]


def test_while_a_run_is_at_work_nothing_is_asked_for(empty: Branch) -> None:
    empty.deliver_day(2)
    settings = Settings.from_environment()
    with run_lock(settings):
        assert is_run_at_work(settings) and jobs() == []
    assert not is_run_at_work(settings) and jobs() == ["tollhouse_intake"]


def test_what_was_taken_in_is_run_on_once(instance: dg.DagsterInstance, ran_copy: Branch) -> None:
    """After a run nothing is asked for. A new file is taken in and held; then a run is asked for, until one has been."""
    assert jobs() == []
    ran_copy.deliver("cdr/SW1", "SW1_20260304_003004.csv", cdr([*calls_of_day("2026-03-04"), *["?"] * 8]))
    assert jobs() == ["tollhouse_intake"]
    record = (ran_copy.home / "last_run.json").read_text(encoding="utf-8")
    intake = definitions_here().resolve_job_def("tollhouse_intake")
    assert intake.execute_in_process(instance=instance).success
    assert (ran_copy.home / "last_run.json").read_text(encoding="utf-8") == record, "an intake is no run that publishes"
    with FileLedger(ran_copy.home / "ledger.sqlite", read_only=True) as ledger:
        held = ledger.files("cdr")[-1]
        assert (held.status, len(held.offending_records)) == ("held", 5)
        assert ledger.events(held.file_id)[-1].run_id is not None
    assert jobs() == ["tollhouse_run"] and asked() == asked()
    assert ran_copy.tollhouse("run").exit_code == 0
    assert jobs() == []
    (row,) = [row for row in ran_copy.mart("problem_bulletin", "kind, detail") if row[0] == "file_held"]
    assert row[1].startswith(
        "file SW1_20260304_003004.csv of switch SW1 is held: 8 of 15 records are malformed (53.33 %): more than the share of "
        "0.5 allowed; the first: line 9: line has 2 columns instead of 8: 8,?; line 10: "
    )
    assert row[1].count("; line ") == 4
    assert ran_copy.tollhouse("files", "release", held.file_id, "--why", "looked at").exit_code == 0
    assert jobs() == ["tollhouse_run"], "a decision is taken up as a file is"


def test_what_the_daemon_starts_waits_for_the_run_at_work(instance: dg.DagsterInstance, ran_copy: Branch) -> None:
    """A person is told at once; a run of the sensor goes on when the other has ended."""
    settings = Settings.from_environment()
    held, ended = threading.Event(), []

    def other_run() -> None:
        with run_lock(settings):
            held.set()
            time.sleep(1.5)
            ended.append(time.monotonic())

    other = threading.Thread(target=other_run)
    other.start()
    held.wait()
    intake = definitions_here().resolve_job_def("tollhouse_intake")
    result = intake.execute_in_process(instance=instance, tags={"dagster/sensor_name": "inbox_sensor"})
    other.join()
    assert result.success and ended[0] < time.monotonic()
    with run_lock(settings):
        typed = ran_copy.tollhouse("run")
    assert typed.exit_code == 1 and "another run is in progress" in typed.message
