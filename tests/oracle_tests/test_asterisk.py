"""Hand-worked lines of an Asterisk, by the table of docs/formats.md: the cases that the demo city does not plant too."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.oracle.asterisk import read_asterisk
from tests.oracle.files import InboxFile
from tests.oracle.records import Record

DESK, HALL, TRUNK = "PJSIP/5550001-01", "PJSIP/5550002-02", "PJSIP/trunk1-03"
STRANGER = "01012345678"


def line(
    src: str,
    dst: str,
    channel: str,
    second: str,
    outcome: str = "ANSWERED",
    seconds: int = 61,
    linked: str = "",
    code: str = "",
    app: str = "Dial",
) -> str:
    """A line of 21 columns, seized at 10:00:00 and answered at 10:00:05 of 5 January."""
    answer = '"2026-01-05 10:00:05"' if outcome == "ANSWERED" else ""
    return (
        f'"{code}","{src}","{dst}","in","","{channel}","{second}","{app}","","2026-01-05 10:00:00",{answer},'
        f'"2026-01-05 10:02:00",120,{seconds if answer else 0},"{outcome}","DOCUMENTATION","1.1","","","{linked}",1'
    )


def read(*lines: str) -> list[Record]:
    file = InboxFile(Path("PB1_20260105_000001.csv"), "asterisk/PB1", "cdr", "PB1_20260105_000001.csv", "PB1")
    file.file_date, file.content = date(2026, 1, 5), "".join(f"{text}\n" for text in lines).encode()
    assert read_asterisk(file, known_switch=True)
    return file.records


def only(text: str) -> Record:
    (record,) = read(text)
    return record


@pytest.mark.parametrize(
    ("outcome", "began", "seconds", "cause"),
    [("ANSWERED", "10:00:05", 61, 16), ("NO ANSWER", "10:00:00", 0, 19), ("BUSY", "10:00:00", 0, 17)],
)
def test_a_call_begins_with_its_answer_else_with_its_seizure(
    outcome: str, began: str, seconds: int, cause: int
) -> None:
    record = only(line("5550001", STRANGER, DESK, TRUNK, outcome))
    assert (str(record.started_at), record.duration_seconds, record.release_cause) == (
        f"2026-01-05 {began}",
        seconds,
        cause,
    )
    assert (record.calling_number, record.trunk_group_in, record.trunk_group_out) == ("5550001", "", "trunk1")


def test_the_columns_of_newcdrcolumns_may_be_missing_and_no_others() -> None:
    whole = line("5550001", "5550002", DESK, HALL)
    records = read(whole.rsplit(",", 5)[0], whole.rsplit(",", 6)[0], whole + ",2")
    assert [record.state for record in records] == ["", "malformed", "malformed"]


@pytest.mark.parametrize(
    "text",
    [
        line("5550001", "h", DESK, ""),
        line("5550001", "voicemail", DESK, ""),
        line("5550001", "8000", DESK, "", app="ConfBridge"),
        line("5550001", "701", DESK, HALL, app="ParkedCall"),
        line("5550001", "*98", DESK, "", app="VoiceMailMain"),
        line("5550001", "5550002", DESK, "Recorder/ARI-1;1"),
        line("5550001", "5550002", "Local/5550002@in-1;2", HALL),
    ],
)
def test_no_calls(text: str) -> None:
    assert only(text).state == "ignored"


def test_a_call_that_ends_in_the_dialplan_or_in_a_mailbox() -> None:
    assert only(line(STRANGER, "s", TRUNK, "")).called_number == ""
    assert only(line(STRANGER, "vmu5550001", TRUNK, "")).called_number == "5550001"


def test_the_answered_legs_count_else_the_first() -> None:
    legs = [line("5550001", "5550009", DESK, f"PJSIP/{n}-0{n}", "NO ANSWER", linked="7") for n in (1, 2)]
    assert [record.state for record in read(*legs)] == ["", "ignored"]
    answered = line("5550001", "5550009", DESK, "PJSIP/trunk2-09", linked="7")
    assert [record.state for record in read(*legs, answered, answered)] == ["ignored", "ignored", "", ""]


def test_a_withheld_caller_is_his_account_code_nobody_on_a_trunk_and_else_malformed() -> None:
    assert only(line("anonymous", STRANGER, DESK, TRUNK, code="5550001")).calling_number == "5550001"
    assert (only(line("anonymous", "5550001", TRUNK, DESK)).calling_number, only(line("x", "5", DESK, HALL)).state) == (
        "", "malformed",
    )  # fmt: skip


def test_who_forwards_pays_by_his_account_code_else_by_the_number_dialled_before() -> None:
    near = line(STRANGER, "5550001", TRUNK, "Local/5550001@in-1;1")
    far = ("Local/5550001@in-1;2", "PJSIP/trunk1-04")
    assert [record.payer for record in read(near, line(STRANGER, "139", *far))] == ["", "5550001"]
    assert [record.payer for record in read(near, line(STRANGER, "139", *far, code="5550003"))] == ["", "5550003"]


def test_who_transfers_pays_and_transit_is_nobodys() -> None:
    out = line(STRANGER, "139", TRUNK, "PJSIP/trunk1-04", linked="7")
    assert only(out).payer == ""
    called_himself = line("5550001", "139", DESK, "PJSIP/trunk1-04", linked="8")
    assert read(called_himself, out)[1].payer == "5550001"
    put_through = line(STRANGER, "5550002", TRUNK, HALL, linked="7")
    assert read(put_through, out)[1].payer == "5550002"
    # The dialplan goes on under the same number: what was called is not in the record.
    assert read(put_through.replace("5550002", "139"), out)[1].payer == ""
