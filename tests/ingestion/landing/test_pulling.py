"""Pulling: what is ready, what is new, in which order, and what is rejected at once."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
import time
from datetime import date

import pytest
import zstandard

from orchestration.ingestion.landing import pulling
from tests.ingestion.intake import HEADER, Intake

LINE = "1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16"
CONTENT = f"{HEADER}\n{LINE}\n"
NAME = "SW1_20260105_000001.csv"


def statuses(intake: Intake) -> list[tuple[str, str, str | None]]:
    """Name, status and reason of every file."""
    return [(entry.file_name, entry.status, entry.status_reason) for entry in intake.ledger.files()]


def test_a_file_is_landed_whole_and_registered(intake: Intake) -> None:
    intake.deliver("cdr/SW1", NAME, CONTENT)
    result = intake.pull()
    entry = intake.only_file()
    sha256 = hashlib.sha256(CONTENT.encode()).hexdigest()
    expected_id = hashlib.sha256(b"cdr/SW1\0" + NAME.encode() + b"\0" + sha256.encode()).hexdigest()[:16]
    assert result.registered == [entry]
    assert (entry.file_id, entry.sha256, entry.content_sha256) == (expected_id, sha256, sha256)
    assert (entry.switch_id, entry.file_date, entry.sequence_number) == ("SW1", date(2026, 1, 5), 1)
    assert (entry.status, entry.size_bytes, entry.content_lines) == ("registered", len(CONTENT), 2)
    assert entry.landing_path == f"landing/cdr/SW1/{expected_id}/{NAME}"
    assert (intake.settings.home / entry.landing_path).read_text() == CONTENT


def test_a_second_pull_registers_nothing_and_hashes_nothing(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    path = intake.deliver("cdr/SW1", NAME, CONTENT)
    intake.pull()
    with monkeypatch.context() as patch:
        patch.setattr(pulling, "_land", lambda *_: pytest.fail("an unchanged file was copied again"))
        assert intake.pull().registered == []
    os.utime(path, (1_100_000_000, 1_100_000_000))  # touched, the same bytes
    assert intake.pull().registered == []
    assert len(intake.ledger.files()) == 1


def test_files_are_registered_by_date_name_and_source(intake: Intake) -> None:
    later = CONTENT.replace("2026-01-05", "2026-01-06")
    intake.deliver("cdr/SW2", "SW2_20260105_000001.csv", CONTENT)
    intake.deliver("cdr/SW1", "SW1_20260106_000001.csv", later)
    intake.deliver("cdr/SW1", "SW1_20260105_000002.csv", CONTENT)
    intake.deliver("customers", "number_orders_20260105.csv", "order_id,service_number,outlet_id,ordered_at,status\n")
    intake.pull()
    assert [(entry.seen_order, entry.file_name) for entry in intake.ledger.files()] == [
        (1, "SW1_20260105_000002.csv"),
        (2, "SW2_20260105_000001.csv"),
        (3, "number_orders_20260105.csv"),
        (4, "SW1_20260106_000001.csv"),
    ]


def test_companions_dot_files_and_unfinished_ones_are_no_files(intake: Intake) -> None:
    for name in (".hidden.csv", "a.csv.part", "b.csv.tmp", "c.csv.ctl", "d.csv.done"):
        intake.deliver("cdr/SW1", name, "x")
    assert intake.pull().listed == 0
    assert intake.ledger.files() == []


def test_a_growing_file_is_left_for_the_next_run(intake: Intake) -> None:
    path = intake.deliver("cdr/SW1", NAME, CONTENT[:50], settled=False)
    stop = threading.Event()

    def grow() -> None:
        while not stop.is_set():
            with path.open("a") as file:
                file.write("x")
            time.sleep(0.01)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        result = intake.pull(settle_seconds=0.2)
    finally:
        stop.set()
        writer.join()
    assert (result.growing, intake.ledger.files()) == ([f"cdr/SW1/{NAME}"], [])
    intake.deliver("cdr/SW1", NAME, CONTENT)
    assert intake.pull().growing == []
    assert intake.only_file().status == "registered"


def test_a_young_file_is_read_after_it_settled_and_one_with_a_companion_at_once(intake: Intake) -> None:
    intake.deliver("cdr/SW1", NAME, CONTENT, settled=False)
    started = time.monotonic()
    assert len(intake.pull(settle_seconds=0.3).registered) == 1
    assert time.monotonic() - started >= 0.3
    intake.deliver("cdr/SW1", "SW1_20260105_000002.csv", CONTENT, settled=False)
    intake.deliver("cdr/SW1", "SW1_20260105_000002.csv.done", "", settled=False)
    started = time.monotonic()
    assert len(intake.pull(settle_seconds=30).registered) == 1
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("ctl", "declared"),
    [
        ("records=1\nseconds=60\n", (1, 60, None)),
        ("seconds = 60\r\n", (None, 60, None)),
        ("", (None, None, None)),
        (
            "records=one\n",
            (None, None, f"line 1 of {NAME}.ctl is not a valid records=<n> or seconds=<n>: 'records=one'"),
        ),
        (
            f"records={10**18}\n",
            (None, None, f"line 1 of {NAME}.ctl is not a valid records=<n> or seconds=<n>: 'records={10**18}'"),
        ),
    ],
)
def test_a_companion_declares_records_and_seconds(intake: Intake, ctl: str, declared: tuple[object, ...]) -> None:
    intake.deliver("cdr/SW1", NAME, CONTENT)
    intake.deliver("cdr/SW1", NAME + ".ctl", ctl)
    intake.pull()
    entry = intake.only_file()
    assert (entry.declared_records, entry.declared_seconds, entry.ctl_fault) == declared


def test_a_companion_that_comes_later_is_still_read(intake: Intake) -> None:
    intake.deliver("cdr/SW1", NAME, CONTENT)
    intake.pull()
    intake.deliver("cdr/SW1", NAME + ".ctl", "records=2")
    intake.pull()
    assert intake.only_file().declared_records == 2
    assert [event.event for event in intake.ledger.events(intake.only_file().file_id)] == ["registered", "companion"]


@pytest.mark.parametrize("pack", [lambda b: gzip.compress(b), lambda b: zstandard.compress(b)], ids=["gz", "zst"])
def test_packed_files_are_one_with_their_content(intake: Intake, pack, request: pytest.FixtureRequest) -> None:  # type: ignore[no-untyped-def]
    suffix = "." + request.node.callspec.id
    packed = pack(CONTENT.encode())
    half = len(CONTENT) // 2
    two_parts = pack(CONTENT[:half].encode()) + pack(CONTENT[half:].encode())
    intake.deliver("cdr/SW1", NAME + suffix, packed)
    intake.deliver("cdr/SW1", "SW1_20260105_000002.csv" + suffix, two_parts)
    intake.deliver("cdr/SW1", "SW1_20260105_000003.csv" + suffix, packed[:-3])
    intake.deliver("cdr/SW1", "SW1_20260105_000004.csv" + suffix, CONTENT)
    intake.deliver("cdr/SW1", "SW1_20260105_000005.csv" + suffix, b"")
    intake.pull()
    one, two, cut, plain, empty = intake.ledger.files()
    assert one.content_sha256 == two.content_sha256 == hashlib.sha256(CONTENT.encode()).hexdigest()
    assert (one.base_name, one.status, two.status) == (NAME, "registered", "registered")
    assert (cut.status, cut.content_sha256) == ("rejected", None)
    assert str(cut.status_reason).startswith("unreadable: truncated ")
    assert str(plain.status_reason).startswith("unreadable: damaged ")
    assert str(empty.status_reason).startswith("unreadable: damaged ")
    assert [decoded.read_records for decoded in intake.decode()] == [1, 1]


def test_the_same_name_with_other_content_is_rejected_until_the_first_is(intake: Intake) -> None:
    intake.deliver("cdr/SW1", NAME, CONTENT)
    intake.pull()
    first = intake.only_file()
    other = CONTENT.replace(",60,", ",61,")
    intake.deliver("cdr/SW1", NAME + ".gz", gzip.compress(other.encode()))
    intake.pull()
    second = intake.ledger.files()[1]
    assert second.status == "rejected"
    assert second.status_reason == f"same name with other content as {NAME} ({first.file_id})"
    intake.deliver("cdr/SW1", NAME + ".zst", zstandard.compress(CONTENT.encode()))  # the same content, packed
    intake.pull()
    assert intake.ledger.files()[2].status == "registered"
    for file in (first, intake.ledger.files()[2]):
        intake.ledger.set_status(file.file_id, "rejected", "for the test")
    intake.deliver("cdr/SW1", NAME, CONTENT.replace(",60,", ",62,"))
    intake.pull()
    assert intake.ledger.files()[3].status == "registered"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("SW2_20260105_000001.csv", CONTENT, "name not of its source's pattern {switch_id}_{date:YYYYMMDD}"),
        ("readme.txt", "hello", "name not of its source's pattern"),
        (NAME, "", "unreadable: no header: the file is empty"),
        (NAME, LINE + "\n", "unreadable: no header: the first line is a record"),
        (
            NAME,
            CONTENT.replace("started_at", "start"),
            "unreadable: wrong header: column 6 should be started_at but is 'start'",
        ),
        (NAME, CONTENT.replace(",release_cause", ""), "unreadable: wrong header: column 8 should be release_cause"),
        (
            NAME,
            CONTENT.replace("_cause", "_cause,more"),
            "unreadable: wrong header: column 9 should be charged_number but is 'more'",
        ),
        (NAME, b"\xff\xfe" + CONTENT.encode("utf-16-le"), "unreadable: wrong header: the first line is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_counts_of_zero(
    intake: Intake, name: str, content: str | bytes, reason: str
) -> None:
    intake.deliver("cdr/SW1", name, content)
    result = intake.pull()
    entry = intake.only_file()
    assert (entry.status, result.rejected) == ("rejected", [entry])
    assert str(entry.status_reason).startswith(reason)
    assert intake.decode() == []
    assert (entry.read_records, entry.malformed_records, entry.switch_id) == (0, 0, "SW1")


def test_a_source_that_cannot_be_reached_stops_no_other(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    intake.deliver("cdr/SW1", NAME, CONTENT)
    intake.deliver("cdr/SW2", "SW2_20260105_000001.csv", CONTENT)
    listing = pulling._list

    def failing(source: pulling.Source, *others: object) -> object:
        if source.name == "cdr/SW1":
            raise ConnectionError("no route to host")
        return listing(source, *others)

    monkeypatch.setattr(pulling, "_list", failing)
    result = intake.pull()
    assert len(result.unreachable) == 1
    assert result.unreachable[0].startswith("cdr/SW1: file:")
    assert "no route to host" in result.unreachable[0]
    assert statuses(intake) == [("SW2_20260105_000001.csv", "registered", None)]


def test_progress_is_told_of_each_copied_file(intake: Intake) -> None:
    intake.deliver("cdr/SW1", NAME, CONTENT)
    told: list[tuple[int, int, str]] = []
    pulling.pull(intake.settings, intake.ledger, lambda *step: told.append(step))
    assert told == [(1, 1, f"cdr/SW1/{NAME}")]
