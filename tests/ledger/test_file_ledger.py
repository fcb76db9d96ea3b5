"""The file ledger: orders, releases, history, and readers beside a run."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import (
    CallDay,
    DecodedFile,
    FileEntry,
    FrozenFile,
    NewFile,
    OffendingRecord,
    closing_folder,
)
from orchestration.ledger.soundness import SEAL
from tests.ingestion.intake import Intake


def register(ledger: FileLedger, file_id: str, kind: str = "cdr") -> FileEntry:
    """Register a file with an id of the test's choice."""
    name = f"{file_id}.csv"
    entry, is_new = ledger.register(
        NewFile(file_id, "s", kind, "canonical", name, name, 1, file_id, "landing", file_id)
    )
    assert is_new
    return entry


def test_a_released_file_counts_by_its_release(intake: Intake) -> None:
    ledger = intake.ledger
    register(ledger, "aa01")
    register(ledger, "aa02")
    ledger.set_status("aa01", "held", "malformed 6 % above 5 %")
    ledger.set_status("aa02", "loaded", None)
    decision = ledger.release_file("aa01", "checked with the switch room")
    assert (decision.order_number, decision.kind, decision.file_id) == (3, "release_file", "aa01")
    assert register(ledger, "aa03").seen_order == 4
    assert [(f.file_id, f.status, f.seen_order, f.effective_order) for f in ledger.files()] == [
        ("aa01", "loaded", 1, 3),
        ("aa02", "loaded", 2, 2),
        ("aa03", "registered", 4, None),
    ]
    assert "was held: malformed 6 % above 5 %" in str(ledger.file("aa01").status_reason)
    assert ledger.decisions("release_file") == [decision]
    assert [event.event for event in ledger.events("aa01")] == ["registered", "held", "release_file", "loaded"]
    with pytest.raises(TollhouseError, match="is loaded: only a held or rejected file"):
        ledger.release_file("aa01", "again")


def test_calls_are_released_of_a_loaded_cdr_file_with_other_days(intake: Intake) -> None:
    ledger = intake.ledger
    for file_id in ("aa01", "aa02"):
        register(ledger, file_id)
    register(ledger, "bb01", "bank")
    days = (CallDay(date(2026, 1, 4), 3, 2), CallDay(date(2026, 1, 5), 10, 0))
    ledger.record_decode(
        DecodedFile("aa01", "cdr-1", read_records=14, malformed=1, read_seconds=600, other_day=2, days=days)
    )
    with pytest.raises(TollhouseError, match="registered cdr file"):
        ledger.release_calls("aa01", "why")
    for file_id in ("aa01", "aa02", "bb01"):
        ledger.set_status(file_id, "loaded", None)
    assert ledger.release_calls("aa01", "the clock was wrong").order_number == 4
    with pytest.raises(TollhouseError, match="released before"):
        ledger.release_calls("aa01", "twice")
    with pytest.raises(TollhouseError, match="no calls of another day"):
        ledger.release_calls("aa02", "why")
    with pytest.raises(TollhouseError, match="loaded bank file"):
        ledger.release_calls("bb01", "why")
    assert [(d.file_id, d.call_date, d.records, d.other_day_records) for d in ledger.call_days()] == [
        ("aa01", date(2026, 1, 4), 3, 2),
        ("aa01", date(2026, 1, 5), 10, 0),
    ]


def test_a_rejected_file_has_counts_of_zero(intake: Intake) -> None:
    register(intake.ledger, "aa01")
    days = (CallDay(date(2026, 1, 5), 13, 0),)
    intake.ledger.record_decode(DecodedFile("aa01", "cdr-1", read_records=14, malformed=1, read_seconds=600, days=days))
    intake.ledger.set_status("aa01", "rejected", "same content as a loaded file")
    entry = intake.ledger.file("aa01")
    assert (entry.read_records, entry.malformed_records, entry.read_seconds) == (0, 0, 0)
    assert intake.ledger.call_days() == []


def test_a_file_is_found_by_the_beginning_of_its_id(intake: Intake) -> None:
    for file_id in ("aa01", "aa02", "bb_1"):
        register(intake.ledger, file_id)
    assert intake.ledger.file("b").file_id == "bb_1"
    for wrong, message in (("aa", "more than one"), ("cc", "no file 'cc'"), ("%", "no file"), ("", "no file")):
        with pytest.raises(TollhouseError, match=message):
            intake.ledger.file(wrong)


def test_a_decision_has_a_reason_and_an_author(intake: Intake) -> None:
    with pytest.raises(TollhouseError, match="give the reason"):
        intake.ledger.add_decision("close_period", " ", period="2026-01")
    decision = intake.ledger.add_decision("close_period", "month end", period="2026-01")
    assert (decision.order_number, decision.period) == (1, "2026-01")
    assert decision.decided_by


@pytest.mark.parametrize(
    "statement",
    [
        "update decisions set why = 'x'",
        "delete from decisions",
        "insert or replace into decisions select order_number, kind, file_id, period, 'x', decided_at, decided_by from decisions",
        "update file_events set detail = 'x'",
        "delete from file_events",
        "insert or replace into file_events select event_number, file_id, at, event, 'x', run_id, offending_records from file_events",
        "delete from files",
        "replace into files select * from files",
        "update files set sha256 = 'x'",
        "update files set first_seen_at = 'x'",
        "update files set seen_order = 9",
    ],
)
def test_history_cannot_be_rewritten(intake: Intake, statement: str) -> None:
    """By no program that opens the file, and by none of SQLite's ways to change a row."""
    register(intake.ledger, "aa01")
    intake.ledger.add_decision("close_period", "month end", period="2026-01")
    other = sqlite3.connect(intake.settings.ledger_path)
    before = list(other.iterdump())
    with pytest.raises(sqlite3.IntegrityError, match="append only|stay in the ledger|as it was first seen"):
        other.execute(statement)
    other.rollback()
    assert list(other.iterdump()) == before
    other.close()


def test_each_change_of_status_is_an_event_with_reason_run_and_records(intake: Intake) -> None:
    path = intake.settings.ledger_path
    records = [OffendingRecord(number, "is empty", f"{number},") for number in range(2, 9)]
    register(intake.ledger, "aa01")
    with FileLedger(path, run_id="run1") as first:
        first.set_status("aa01", "held", "7 of 9 records are malformed", records)
        first.set_status("aa01", "held", "7 of 9 records are malformed", records)  # no change, no event
    with FileLedger(path, run_id="run2") as second:
        second.set_status("aa01", "registered", None)
        second.set_status("aa01", "loaded", None)
    events = intake.ledger.events("aa01")
    assert [(event.event, event.run_id, event.detail) for event in events] == [
        ("registered", None, "1 bytes from s"),
        ("held", "run1", "7 of 9 records are malformed"),
        ("registered", "run2", None),
        ("loaded", "run2", None),
    ]
    assert events[1].offending_records == tuple(records[:5])  # of seven the first five, and they stay in the history
    assert intake.ledger.file("aa01").offending_records == ()


def test_a_ledger_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    """As version 1 was made: without runs and records, and without the guards of files."""
    path = tmp_path / "ledger.sqlite"
    with FileLedger(path) as ledger:
        register(ledger, "aa01")
    with sqlite3.connect(path) as old:
        for (trigger,) in old.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            if trigger.startswith("files") or trigger.endswith("replaced"):
                old.execute(f"drop trigger {trigger}")
        for column in ("offending_records", "told_records", "told_fault", "ignored_records", "content_encoding"):
            old.execute(f"alter table files drop column {column}")
        for column in ("run_id", "offending_records"):
            old.execute(f"alter table file_events drop column {column}")
        old.execute("alter table file_call_days drop column reached_days")
        for table in ("frozen_figures", "raw_parts", "published_editions"):
            old.execute(f"drop table {table}")
        old.execute("pragma user_version = 1")
    old.close()
    path.with_name(SEAL).unlink()  # as earlier versions had none
    with pytest.raises(TollhouseError, match="the next `tollhouse run` brings it up"):
        FileLedger(path, read_only=True)
    with FileLedger(path) as ledger:
        assert [event.event for event in ledger.events("aa01")] == ["registered"]
        ledger.set_status("aa01", "held", "why", [OffendingRecord(2, "is empty", "2,")])
    with FileLedger(path, read_only=True) as ledger:
        assert ledger.file("aa01").offending_records == (OffendingRecord(2, "is empty", "2,"),)
        assert ledger.frozen_figures() == {}
    with sqlite3.connect(path) as now, pytest.raises(sqlite3.IntegrityError):
        now.execute("delete from files")
    now.close()


def test_a_reader_sees_what_was_kept_while_a_run_writes(intake: Intake) -> None:
    register(intake.ledger, "aa01")
    with intake.ledger.transaction():
        register(intake.ledger, "aa02")
        with FileLedger(intake.settings.ledger_path, read_only=True) as reader:
            assert [entry.file_id for entry in reader.files()] == ["aa01"]
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                reader.set_status("aa01", "held", "x")


def test_a_transaction_that_fails_leaves_nothing(intake: Intake) -> None:
    with pytest.raises(RuntimeError), intake.ledger.transaction():
        register(intake.ledger, "aa01")
        raise RuntimeError
    assert intake.ledger.files() == []


def test_there_is_no_ledger_before_the_first_run(tmp_path: Path) -> None:
    with pytest.raises(TollhouseError, match="no file ledger yet"):
        FileLedger(tmp_path / "ledger.sqlite", read_only=True)


def test_a_ledger_of_another_schema_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    FileLedger(path).close()
    FileLedger(path).close()
    with sqlite3.connect(path) as other:
        other.execute("pragma user_version = 99")
    other.close()
    path.with_name(SEAL).unlink()
    with pytest.raises(TollhouseError, match="schema version 99"):
        FileLedger(path)


def test_the_list_of_files_is_never_older_than_the_ledger(intake: Intake) -> None:
    """Whoever changed it: this connection, another one, or a transaction that was taken back."""
    ledger = intake.ledger

    def statuses() -> list[tuple[str, str]]:
        return [(entry.file_id, entry.status) for entry in ledger.files()]

    register(ledger, "aa01")
    assert statuses() == [("aa01", "registered")]
    ledger.set_status("aa01", "held", "why")
    assert statuses() == [("aa01", "held")]
    with FileLedger(ledger.path) as other:
        other.set_status("aa01", "loaded", None)
    assert statuses() == [("aa01", "loaded")]
    with pytest.raises(RuntimeError), ledger.transaction():
        ledger.set_status("aa01", "held", "again")
        assert statuses() == [("aa01", "held")]
        raise RuntimeError
    assert statuses() == [("aa01", "loaded")]
    assert ledger.files("bank") == []


def load(ledger: FileLedger, file_id: str, kind: str = "cdr") -> None:
    """Register, decode and load a file with one call of 5 January."""
    register(ledger, file_id, kind)
    days = (CallDay(date(2026, 1, 5), 1, 0),) if kind == "cdr" else ()
    ledger.record_decode(DecodedFile(file_id, "rules", read_records=1, days=days))
    ledger.set_status(file_id, "loaded", None)


def test_a_person_sets_a_file_aside_and_brings_it_back(intake: Intake) -> None:
    """Released it counts from the release on, tried again in its place; both have it decoded and checked again."""
    ledger = intake.ledger
    load(ledger, "aa")
    decision = ledger.reject_file("aa", "the switch was in test")
    assert (decision.kind, decision.file_id, decision.why) == ("reject_file", "aa", "the switch was in test")
    entry = ledger.file("aa")
    assert (entry.status, entry.status_reason) == (
        "rejected",
        "rejected by a person: the switch was in test; was loaded",
    )
    assert (entry.read_records, ledger.call_days()) == (0, [])
    with pytest.raises(TollhouseError, match="is rejected already: rejected by a person"):
        ledger.reject_file("aa", "again")
    released = ledger.release_file("aa", "it was no test")
    entry = ledger.file("aa")
    assert (entry.status, entry.effective_order, entry.decoded_with) == ("registered", released.order_number, None)
    ledger.reject_file("aa", "it was")
    ledger.refuse_retry(ledger.file("aa"))
    assert [event.event for event in ledger.events("aa") if event.event.endswith("_file")] == [
        "reject_file",
        "release_file",
        "reject_file",
    ]


def test_a_file_of_a_closed_period_is_not_set_aside(intake: Intake) -> None:
    """Its calls are on bills that stay. One that was held when the period was closed is on none, nor is a bank file."""
    ledger = intake.ledger
    for file_id, kind in (("aa", "cdr"), ("bb", "cdr"), ("cc", "bank")):
        load(ledger, file_id, kind)
    ledger.set_status("bb", "held", "too many duplicates")
    ledger.add_decision("close_period", "period 2026-01 closed", period="2026-01")
    with pytest.raises(TollhouseError, match="has calls of the closed period 2026-01, whose bills stay as they are"):
        ledger.reject_file("aa", "wrong")
    ledger.reject_file("bb", "wrong")
    ledger.reject_file("cc", "wrong")
    assert [ledger.file(file_id).status for file_id in ("aa", "bb", "cc")] == ["loaded", "rejected", "rejected"]


def test_a_reason_is_kept_as_far_as_anybody_reads_it(intake: Intake) -> None:
    register(intake.ledger, "aa")
    intake.ledger.set_status("aa", "held", "x" * 1_000_000)
    assert intake.ledger.file("aa").status_reason == "x" * 4_000 + " … (1000000 characters)"


def test_a_reopened_period_is_not_closed_and_its_figures_are_evidence(tmp_path: Path) -> None:
    """January is closed, reopened and closed again; February is closed once. Each closing has a folder and figures of its own."""

    def figures(period: str, folder: str, sha256: str) -> list[FrozenFile]:
        return [FrozenFile(period, "bills", f"closed/{folder}/bills.parquet", 2, 100, sha256)]

    with FileLedger(tmp_path / "ledger.sqlite") as ledger:
        ledger.close_period("2026-01", "closed", figures("2026-01", "2026-01", "first"))
        ledger.close_period("2026-02", "closed", figures("2026-02", "2026-02", "other"))
        assert ledger.closing_number("2026-01") == 1
        ledger.reopen_period("2026-01", "late files", ["R000002"])
        assert set(ledger.closed_periods()) == set(ledger.frozen_figures()) == {"2026-02"}
        assert ledger.reopened_figures() == {("2026-01", 1): figures("2026-01", "2026-01", "first")}
        assert ledger.withdrawn_adjustments() == {("R000002", "2026-01")}
        assert ledger.closing_number("2026-01") == 2
        again = figures("2026-01", closing_folder("2026-01", 2), "second")
        ledger.close_period("2026-01", "closed again", again)
        assert ledger.frozen_figures() == {"2026-01": again, "2026-02": figures("2026-02", "2026-02", "other")}
        assert ledger.frozen_hashes("2026-01") == {"bills": {"second"}}
        assert [one.kind for one in ledger.decisions() if one.period == "2026-01"] == [
            "close_period", "reopen_period", "withdraw_adjustments", "close_period",
        ]  # fmt: skip
