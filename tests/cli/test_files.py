"""Listing, showing and releasing on a real small ledger."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import pytest

from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine, write_set_aside
from orchestration.ingestion.landing.pulling import pull
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import CallDay, DecodedFile, OffendingRecord
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings
from tests.cli.conftest import Tollhouse
from tests.cli.made_by_hand import new_file

HELD, LOADED, BANK = "aaaa000000000001", "bbbb000000000002", "cccc000000000003"
HELD_NAME, LOADED_NAME = "SW1_20260520_000001.csv", "SW1_20260520_000002.csv"


@pytest.fixture
def ledger(settings: Settings) -> Settings:
    """A held file of 5 records, a loaded one of 7 with 2 calls of the day before, and a rejected bank file."""
    with FileLedger(settings.ledger_path) as made:
        made.register(replace(new_file(HELD, HELD_NAME), switch_id="SW1", sequence_number=1))
        made.record_decode(DecodedFile(HELD, "test", read_records=5, malformed=1))
        bad = [OffendingRecord(3, "duration_seconds is negative", "2,2200001,2200002,,,2026-05-20 10:00:00,-1,16")]
        made.set_status(HELD, "held", "1 of 5 records is malformed [a share of 0.2]", bad)
        made.register(replace(new_file(LOADED, LOADED_NAME), switch_id="SW2", file_date=date(2026, 5, 21)))
        days = (CallDay(date(2026, 5, 19), 2, 2), CallDay(date(2026, 5, 20), 5, 0))
        made.record_decode(DecodedFile(LOADED, "test", read_records=7, days=days))
        made.set_status(LOADED, "loaded", None)
        made.register(new_file(BANK, "notes.txt", "bank"), fault="name not of its source's pattern")
    return settings


@pytest.fixture(autouse=True)
def _with_ledger(ledger: Settings) -> None:
    """Every test here has it."""


def test_the_list(tollhouse: Tollhouse) -> None:
    lines = tollhouse("files").out.splitlines()
    assert lines[0].split() == ["id", "name", "source", "kind", "date", "status", "records", "reason"]
    assert lines[1].split()[:7] == [HELD, HELD_NAME, "cdr/X", "cdr", "2026-05-20", "held", "5"]
    assert lines[1].endswith("1 of 5 records is malformed [a share of 0.2]")
    assert lines[-1] == "3 files"


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], [HELD, LOADED, BANK]),
        (["--status", "held"], [HELD]),
        (["--kind", "cdr"], [HELD, LOADED]),
        (["--kind", "bank", "--status", "loaded"], []),
        (["--switch", "SW1"], [HELD]),
        (["--switch", "SW2", "--status", "held"], []),
        (["--from", "2026-05-20", "--to", "2026-05-20"], [HELD, BANK]),
        (["--from", "2026-05-21"], [LOADED]),
        (["--to", "2026-05-19"], []),
    ],
)
def test_the_list_by_status_kind_switch_and_dates(tollhouse: Tollhouse, options: list[str], ids: list[str]) -> None:
    assert [file["file_id"] for file in tollhouse("files", *options, "--json").json["files"]] == ids


def test_one_file_with_its_history_by_the_beginning_of_its_id(tollhouse: Tollhouse) -> None:
    shown = tollhouse("files", "show", "bbbb", "--json").json
    assert shown["file"]["file_name"] == LOADED_NAME
    assert shown["call_days"][0] == {"call_date": "2026-05-19", "records": 2, "other_day_records": 2}
    assert [event["event"] for event in shown["history"]] == ["registered", "decoded", "loaded"]
    assert shown["decisions"] == []
    assert "of them other_day" in tollhouse("files", "show", "bbbb").out


def test_a_held_file_is_shown_with_the_records_it_is_held_for(tollhouse: Tollhouse, ledger: Settings) -> None:
    line = SetAsideLine(3, "2,2200001,2200002,,,2026-05-20 10:00:00,-1,16", "duration_seconds", "is negative")
    write_set_aside(ledger, HELD, [line])
    shown = tollhouse("files", "show", HELD, "--json").json
    record = {"line_number": 3, "fault": "duration_seconds is negative", "record_text": line.record_text}
    assert shown["held_for"] == [record]
    assert shown["first_bad_lines"] == [asdict(line)]
    assert [(event["event"], event["run_id"], event["offending_records"]) for event in shown["history"]] == [
        ("registered", None, []),
        ("decoded", None, []),
        ("held", None, [record]),
    ]
    text = tollhouse("files", "show", HELD).out
    assert f"line 3: duration_seconds is negative: {line.record_text}" in text
    assert "bad line  field             reason" in text


def test_the_list_tells_scripts_all_that_identifies_a_file(tollhouse: Tollhouse) -> None:
    held = tollhouse("files", "--switch", "SW1", "--json").json["files"][0]
    assert held["sha256"] == HELD * 4 and held["first_seen_at"]
    assert (held["size_bytes"], held["switch_id"], held["sequence_number"]) == (100, "SW1", 1)


def test_wrong_dates_exit_2(tollhouse: Tollhouse) -> None:
    assert tollhouse("files", "--from", "20260520").exit_code == 2
    called = tollhouse("files", "--from", "2026-05-21", "--to", "2026-05-20", "--json")
    assert called.exit_code == called.json["error"]["exit_code"] == 2
    assert called.json["error"]["message"] == "--from 2026-05-21 is after --to 2026-05-20"


def test_an_unknown_file_exits_1(tollhouse: Tollhouse) -> None:
    called = tollhouse("files", "show", "ffff")
    assert (called.exit_code, called.err) == (
        1,
        "tollhouse: no file 'ffff' in the ledger; `tollhouse files` lists them\n",
    )


def test_releasing_a_held_file(tollhouse: Tollhouse, ledger: Settings) -> None:
    called = tollhouse("files", "release", HELD, "--why", "the switch was fixed")
    assert called.exit_code == 0
    assert called.out == (
        f"{HELD_NAME} ({HELD}) is released: the switch was fixed. The next `tollhouse run` takes it in.\n"
    )
    with FileLedger(ledger.ledger_path, read_only=True) as made:
        assert made.file(HELD).status == "loaded"
        assert made.file(HELD).effective_order == 4  # after the three that were registered
        assert [(one.kind, one.why) for one in made.decisions()] == [("release_file", "the switch was fixed")]
    assert "the switch was fixed" in tollhouse("files", "show", HELD).out


def test_a_file_that_is_not_held_is_not_released(tollhouse: Tollhouse) -> None:
    called = tollhouse("files", "release", LOADED, "--why", "because", "--json")
    assert called.json["error"]["exit_code"] == called.exit_code == 1
    assert "only a held or rejected file can be released" in called.json["error"]["message"]


def test_releasing_calls_of_another_day_once(tollhouse: Tollhouse) -> None:
    first = tollhouse("calls", "release", LOADED, "--why", "a clock ran late", "--json")
    assert first.json["released_calls"] == 2
    assert first.json["decision"]["kind"] == "release_calls"
    assert "The next `tollhouse run` takes them in." in first.json["message"]
    again = tollhouse("calls", "release", LOADED, "--why", "a clock ran late")
    assert again.exit_code == 1 and "were released before" in again.err


def test_a_file_is_tried_again_when_its_cause_is_mended(tollhouse: Tollhouse, settings: Settings) -> None:
    """A call file that its format could not read."""
    folder = settings.home / "in"
    folder.mkdir()
    (folder / HELD_NAME).write_text("x\n")
    entry = f"name: north, kind: cdr, url: 'file:{folder}', format: canonical"
    sources = settings.home / "sources.yml"
    sources.write_text(f"sources:\n  - {{{entry}, pattern: '{{switch_id}}_{{date:YYYYMMDD}}_{{sequence:6}}.csv'}}\n")
    with_sources = Settings.from_environment({"TOLLHOUSE_HOME": str(settings.home), "TOLLHOUSE_SOURCES": str(sources)})
    with FileLedger(settings.ledger_path) as made:
        (rejected,) = pull(with_sources, made, settle_seconds=0.01).registered
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLHOUSE_SOURCES", str(sources))
        early = tollhouse("files", "retry", rejected.file_id, "--why", "too early")
        assert early.exit_code == 1 and "cannot be tried again yet: unreadable: wrong header" in early.err
        patch.setattr(
            "orchestration.ingestion.landing.pulling.header_fault", lambda *_: None
        )  # as if its format was fixed
        called = tollhouse("files", "retry", rejected.file_id, "--why", "the format was fixed", "--json")
    assert called.exit_code == 0
    assert called.json["file"]["status"] == "registered"
    assert called.json["decision"]["kind"] == "retry_file" and called.json["decision"]["why"] == "the format was fixed"
    assert called.json["message"].endswith("The next `tollhouse run` decodes and checks it again.")
    history = tollhouse("files", "show", rejected.file_id, "--json").json["history"]
    assert [event["event"] for event in history] == ["registered", "rejected", "retry_file", "registered"]


def test_a_loaded_file_is_not_tried_again(tollhouse: Tollhouse) -> None:
    called = tollhouse("files", "retry", LOADED, "--why", "because", "--json")
    assert called.json["error"]["exit_code"] == called.exit_code == 1
    assert "only a held or an unreadable file can be tried again" in called.json["error"]["message"]
    assert tollhouse("files", "retry", LOADED).exit_code == 2  # no reason given


@pytest.mark.parametrize(
    "words",
    [("files", "release", HELD), ("files", "reject", HELD), ("files", "retry", HELD), ("calls", "release", LOADED)],
)
def test_nothing_is_released_in_the_middle_of_a_run(tollhouse: Tollhouse, ledger: Settings, words: tuple[str]) -> None:
    with run_lock(ledger):
        called = tollhouse(*words, "--why", "because")
    assert called.exit_code == 1
    assert "another run is in progress" in called.err
    with FileLedger(ledger.ledger_path, read_only=True) as made:
        assert made.decisions() == [] and made.file(HELD).status == "held"


def test_without_a_ledger_none_is_made(tollhouse: Tollhouse, ledger: Settings) -> None:
    for path in ledger.home.glob("ledger.sqlite*"):
        path.unlink()
    for words in (["files"], ["files", "show", HELD], ["files", "release", HELD, "--why", "because"]):
        called = tollhouse(*words)
        assert called.exit_code == 1 and "`tollhouse run` makes it" in called.err
    assert not ledger.ledger_path.exists()


def test_a_damaged_ledger_is_named(tollhouse: Tollhouse, ledger: Settings) -> None:
    for path in ledger.home.glob("ledger.sqlite-*"):
        path.unlink()
    ledger.ledger_path.write_bytes(b"no ledger at all " * 400)
    called = tollhouse("files")
    assert called.exit_code == 1
    assert called.err.startswith(f"tollhouse: {ledger.ledger_path}: the file ledger is damaged (")
    assert "`tollhouse restore DIR --replace`" in called.err


def test_a_person_sets_a_loaded_file_aside(tollhouse: Tollhouse, ledger: Settings) -> None:
    called = tollhouse("files", "reject", LOADED, "--why", "the switch was in test")
    assert called.exit_code == 0
    assert "is rejected: the switch was in test. The next `tollhouse run` computes without it" in called.out
    with FileLedger(ledger.ledger_path) as made:
        assert made.file(LOADED).status == "rejected"
    assert tollhouse("files", "reject", LOADED, "--why", "again").exit_code == 1
    assert tollhouse("files", "reject", LOADED).exit_code == 2
