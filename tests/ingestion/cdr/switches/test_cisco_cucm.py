"""Cisco CUCM's CDR flat files: names, types, epoch seconds in UTC. Worked by hand, and on real files where those are."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from orchestration.ingestion.landing.headers import header_fault
from tests.ingestion.cdr.foreign import read

NAMES = (
    "cdrRecordType,globalCallID_callManagerId,globalCallID_callId,dateTimeOrigination,callingPartyNumber,origCause_value,"
    "originalCalledPartyNumber,finalCalledPartyNumber,destCause_value,dateTimeConnect,dateTimeDisconnect,duration,"
    "origDeviceName,destDeviceName"
)
TYPES = (
    "INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(50),INTEGER,VARCHAR(50),VARCHAR(50),INTEGER,INTEGER,INTEGER,INTEGER,"
    "VARCHAR(129),VARCHAR(129)"
)
HEADER = ",".join(f'"{name}"' for name in NAMES.split(",")) + "\n" + TYPES + "\n"
SAMPLES = os.environ.get("TOLLHOUSE_SAMPLES")

needs_samples = pytest.mark.skipif(not SAMPLES, reason="TOLLHOUSE_SAMPLES is not set: no real CUCM files")


def test_seconds_of_utc_become_the_wall_clock_of_the_branch(tmp_path: Path) -> None:
    # 1772330400 s after 1970-01-01 00:00:00 UTC is 2026-03-01 02:00:00 UTC, 10:00:00 in Shanghai, 03:00:00 in Vienna.
    lines = (
        '1,2,100,1772330400,"2200001",0,"2200002","2200003",16,1772330405,1772330466,61,"SEP001122334455","Gateway_1"\n'
        '1,2,101,1772330500,"2200001",17,"2200002","",0,0,1772330510,0,"SEP001122334455","SEP00112233AA55"\n'
        '1,2,102,1772330600,"01088886666",0,"","2200001",0,1772330601,1772330602,1,"SIP_Trunk_A","SEP00112233AA55"\n'
    )
    found = read(tmp_path, HEADER + lines, "cisco_cucm")
    assert found.in_one_pass
    assert found.records == [
        (1, "2200001", "2200003", None, "Gateway_1", "2026-03-01 10:00:05", 61, 16),
        (2, "2200001", "2200002", None, None, "2026-03-01 10:01:40", 0, 17),
        (3, "01088886666", "2200001", "SIP_Trunk_A", None, "2026-03-01 10:03:21", 1, 31),
    ]
    assert [said[3] for said in found.said] == ["2/100", "2/101", "2/102"]
    in_vienna = read(tmp_path, HEADER + lines, "cisco_cucm", zone="Europe/Vienna")
    assert [record[5] for record in in_vienna.records] == [
        "2026-03-01 03:00:05", "2026-03-01 03:01:40", "2026-03-01 03:03:21",
    ]  # fmt: skip


FULL = (
    "cdrRecordType,globalCallID_callManagerId,globalCallID_callId,dateTimeOrigination,callingPartyNumber,origCause_value,"
    "originalCalledPartyNumber,finalCalledPartyNumber,destCause_value,dateTimeConnect,lastRedirectDn,duration,origDeviceName,"
    "destDeviceName,origCalledPartyRedirectOnBehalfOf,lastRedirectRedirectOnBehalfOf,origCalledPartyRedirectReason,"
    "lastRedirectRedirectReason,joinOnBehalfOf"
)
PHONE, GATEWAY = "SEP001122334455", "GW_PSTN"


def cdr(
    call: int,
    calling: str,
    dialled: str,
    final: str,
    redirected: str,
    devices: tuple[str, str],
    seconds: int,
    on_behalf_of: int = 0,
    reason: int = 0,
    join: int = 0,
    kind: int = 1,
) -> str:
    """A record of the fields of FULL: seized at 02:00:00 UTC, which is 10:00:00 in Shanghai, answered 5 s later where it lasts."""
    answered = 1772330405 if seconds else 0
    return (
        f'{kind},2,{call},1772330400,"{calling}",0,"{dialled}","{final}",16,{answered},"{redirected}",{seconds},"{devices[0]}",'
        f'"{devices[1]}",{on_behalf_of},{on_behalf_of},{reason},{reason},{join}\n'
    )


def test_every_kind_of_record_of_the_administration_guide(tmp_path: Path) -> None:
    lines = [
        cdr(1, "2200001", "2200002", "2200002", "2200002", (PHONE, PHONE), 61),  # in the house
        cdr(2, "2200001", "01088886666", "01088886666", "01088886666", (PHONE, GATEWAY), 62),  # out
        cdr(3, "013900000001", "2200001", "2200001", "2200001", (GATEWAY, PHONE), 63),  # in
        cdr(4, "", "2200001", "2200001", "2200001", (GATEWAY, PHONE), 64),  # in, caller withheld
        cdr(5, "2200001", "2200002", "2200002", "", (PHONE, PHONE), 0),  # abandoned
        # recording: a leg of each telephone's built-in bridge; monitoring
        cdr(6, "b00217901001", "2209981", "2209981", "", (PHONE, "Recorder"), 65, 27, 354, 27),
        cdr(7, "2200009", "b00217901002", "b00217901002", "", (PHONE, PHONE), 66, 28, 370, 28),
        # forwarded: busy, no answer, all; out, in the house, and come in and gone out
        cdr(8, "2200001", "2200002", "01088886666", "2200002", (PHONE, GATEWAY), 67, 5, 1),
        cdr(9, "2200001", "2200002", "2200003", "2200002", (PHONE, PHONE), 68, 5, 2),
        cdr(10, "013900000001", "2200004", "01088886666", "2200004", (GATEWAY, GATEWAY), 69, 5, 15),
        cdr(11, "013900000001", "2200004", "2200005", "2200004", (GATEWAY, PHONE), 70, 5, 15),  # came in and stayed
        cdr(12, "013900000001", "2200004", "2205000", "2200004", (GATEWAY, "CiscoUM1-VI1"), 71, 5, 2),  # voicemail
        # twice forwarded: the last one pays
        cdr(13, "2200001", "2200002", "01088886666", "2200006", (PHONE, GATEWAY), 72, 5, 15),
        # blind transfer to the outside; pickup, park and a hunt list change nothing
        cdr(14, "013900000002", "01077777777", "01077777777", "2200007", (GATEWAY, GATEWAY), 73, 10, 34),
        cdr(15, "2200001", "2200002", "2200008", "2200002", (PHONE, PHONE), 74, 16, 5),
        cdr(16, "2200001", "2205500", "2200008", "2205500", (PHONE, PHONE), 75),
        # a conference of three: a call, the call to the third, then a leg of each to the bridge, and what is left of it
        cdr(17, "2200001", "2200002", "2200002", "2200002", (PHONE, PHONE), 60),
        cdr(18, "2200001", "01088886666", "01088886666", "01088886666", (PHONE, GATEWAY), 20),
        cdr(17, "2200001", "b0029901001", "b0029901001", "b0029901001", (PHONE, ""), 360, 4, 98, 4),
        cdr(17, "2200002", "b0029901001", "b0029901001", "b0029901001", (PHONE, ""), 360, 4, 98, 4),
        cdr(17, "01088886666", "b0029901001", "b0029901001", "b0029901001", (GATEWAY, ""), 360, 4, 98, 4),
        cdr(17, "2200001", "2200002", "2200002", "b0029901001", (PHONE, PHONE), 55, 4, 98, 4),
        cdr(19, "2200001", "2200002", "2200002", "2200002", (PHONE, PHONE), 1, kind=2),  # call quality
    ]  # fmt: skip
    header = ",".join(f'"{name}"' for name in FULL.split(",")) + "\n" + ",".join(["INTEGER"] * 19) + "\n"
    found = read(tmp_path, header + "".join(lines), "cisco_cucm")
    shown = [(row[1], row[2], row[3], row[4], row[6], row[7]) for row in found.records]
    assert shown == [
        ("2200001", "2200002", None, None, 61, 16),
        ("2200001", "01088886666", None, GATEWAY, 62, 16),
        ("013900000001", "2200001", GATEWAY, None, 63, 16),
        ("", "2200001", GATEWAY, None, 64, 16),
        ("2200001", "2200002", None, None, 0, 16),
        ("2200001", "01088886666", None, GATEWAY, 67, 16),
        ("2200001", "2200003", None, None, 68, 16),
        ("013900000001", "01088886666", GATEWAY, GATEWAY, 69, 16),
        ("013900000001", "2200005", GATEWAY, None, 70, 16),
        ("013900000001", "2205000", GATEWAY, None, 71, 16),
        ("2200001", "01088886666", None, GATEWAY, 72, 16),
        ("013900000002", "01077777777", GATEWAY, GATEWAY, 73, 16),
        ("2200001", "2200008", None, None, 74, 16),
        ("2200001", "2200008", None, None, 75, 16),
        ("2200001", "2200002", None, None, 60, 16),
        ("2200001", "01088886666", None, GATEWAY, 20, 16),
        ("2200001", "2200002", None, None, 55, 16),
    ]
    assert {row[5] for row in found.records if row[6]} == {"2026-03-01 10:00:05"}
    assert found.payers == {8: "2200002", 9: "2200002", 10: "2200004", 13: "2200006", 14: "2200007"}
    # Line 1 is the names, line 2 the types: record 6 stands on line 8.
    assert sorted(found.no_calls) == [8, 9, 21, 22, 23, 25]
    assert (found.malformed, found.in_one_pass) == ([], True)


def test_without_the_reasons_the_number_that_redirected_pays(tmp_path: Path) -> None:
    names = NAMES.replace("duration,", "duration,lastRedirectDn,")
    line = '1,2,{call},1772330400,"2200001",0,"2200002","{final}",16,1772330405,1772330466,61,"{by}","SEP1","GW"\n'
    lines = [line.format(call=1, final="0108", by="2200002"), line.format(call=2, final="2200002", by="2200002"),
             line.format(call=3, final="2200002", by=""), line.format(call=4, final="2200002", by="b0029901001")]  # fmt: skip
    found = read(tmp_path, f"{names}\n{TYPES},VARCHAR(50)\n" + "".join(lines), "cisco_cucm")
    assert [row[0] for row in found.records] == [1, 2, 3, 4]
    assert found.payers == {1: "2200002"}


def test_numbers_that_are_written_as_patterns_withheld_callers_and_analogue_telephones(tmp_path: Path) -> None:
    names = NAMES.replace("duration,", "duration,lastRedirectDn,")
    line = '1,2,{},1772330400,"{}",0,"2200002","{}",16,1772330405,1772330466,61,"{}","{}","{}"\n'
    lines = [
        line.format(1, "\\+862200001", "\\+861012345678", "", "AN0C1167CAFE801", "GW"),
        line.format(2, "anonymous", "01012345678", "\\+862200002", "GW", "GW"),
        line.format(3, "Not available", "2200002", "", "GW", "SEP1"),
    ]
    found = read(tmp_path, f"{names}\n{TYPES},VARCHAR(50)\n" + "".join(lines), "cisco_cucm")
    assert [row[1:5] for row in found.records] == [
        ("00862200001", "00861012345678", None, "GW"),
        ("", "01012345678", "GW", "GW"),
        ("", "2200002", "GW", None),
    ]
    assert found.payers == {2: "00862200002"}


def test_a_time_outside_the_calendar_is_no_end_of_the_file(tmp_path: Path) -> None:
    line = '1,2,100,{},"2200001",0,"2200002","2200003",16,{},1772330466,61,"SEP001122334455","Gateway_1"\n'
    lines = line.format(9_223_372_036_854_775_807, 0) + line.format(1772330400, 1772330405) + line.format("", "0")
    found = read(tmp_path, HEADER + lines, "cisco_cucm")
    assert [record[0] for record in found.records] == [2]
    assert found.malformed == [
        (3, "started_at", "dateTimeConnect or dateTimeOrigination is not a valid time since 1970"),
        (5, "started_at", "dateTimeConnect or dateTimeOrigination is not a valid time since 1970"),
    ]


def test_a_header_without_a_field_that_is_needed_names_it() -> None:
    line = HEADER.split("\n", maxsplit=1)[0]
    assert header_fault("cdr", "cisco_cucm", None, line.encode()) is None
    assert header_fault("cdr", "cisco_cucm", None, line.replace("dateTimeConnect", "x").encode()) == (
        "wrong header: the first line should name the fields of cisco_cucm and has no one dateTimeConnect"
    )


def test_a_header_that_lost_a_name_condemns_every_record_and_holds_the_file(tmp_path: Path) -> None:
    line = '1,2,100,1772330400,"2200001",0,"2200002","2200003",16,1772330405,1772330466,61,"SEP1","Gateway_1"\n'
    found = read(tmp_path, HEADER.replace("dateTimeConnect", "x") + line, "cisco_cucm")
    assert found.records == []
    assert found.malformed == [(3, "header", "line 1 of the header has no one field dateTimeConnect")]
    assert found.decoded.content_fault == "line 1 of the header has no one field dateTimeConnect"


@needs_samples
def test_a_real_file(tmp_path: Path) -> None:
    """Two recording legs whose caller begins with b, and a call of 11 s: 1744993930 is 2025-04-19 00:32:10 in Shanghai."""
    content = (Path(str(SAMPLES)) / "cdr_cucm" / "cdr.txt").read_bytes()
    found = read(tmp_path, content, "cisco_cucm", day=date(2025, 4, 19))
    assert found.records == [(3, "5033466594", "5033466593", None, None, "2025-04-19 00:32:10", 11, 16)]
    assert found.malformed == []
    assert sorted(found.no_calls) == [3, 4]


@needs_samples
def test_a_real_file_without_its_names_is_not_guessed_at() -> None:
    """It begins with the types; the reason names what is missing."""
    first = (Path(str(SAMPLES)) / "cdr_cucm" / "sample_cdr.txt").read_bytes().split(b"\n", 1)[0]
    fault = header_fault("cdr", "cisco_cucm", None, first)
    assert fault is not None
    assert "has no one callingPartyNumber" in fault


def test_an_outgoing_call_that_is_transferred_stays_one_of_its_caller(tmp_path: Path) -> None:
    """After the transfer the record of the same call comes from the trunk, and the outside number is its caller."""
    other = "SEP665544332211"
    lines = [
        # 2200001 talks for 30 s and hands the call on to 2200003, who talks for 26 s; the 9 was dialled for an outside line
        cdr(1, "2200001", "901088886666", "01088886666", "01088886666", (PHONE, GATEWAY), 30),
        cdr(1, "+861088886666", "2200003", "2200003", "2200001", (GATEWAY, other), 26, 10, 34),
        # handed on to the outside: two calls in one record
        cdr(2, "2200001", "01077777777", "01077777777", "01077777777", (PHONE, GATEWAY), 30),
        cdr(2, "01077777777", "013900000001", "013900000001", "2200001", (GATEWAY, GATEWAY), 26, 10, 34),
        # a call that came in, and was transferred in the house; nobody answered a call to its number before
        cdr(3, "013900000002", "2200001", "2200001", "2200001", (GATEWAY, PHONE), 30),
        cdr(3, "013900000002", "2200003", "2200003", "2200001", (GATEWAY, other), 26, 10, 34),
        cdr(4, "2200001", "013900000003", "013900000003", "013900000003", (PHONE, GATEWAY), 0),
        cdr(4, "013900000003", "2200003", "2200003", "2200003", (GATEWAY, other), 26),
    ]
    names = ",".join(f'"{name}"' for name in FULL.split(",")) + "\n" + TYPES + "\n"
    found = read(tmp_path, names + "".join(lines), "cisco_cucm")
    assert [(row[0], *row[1:5], row[6]) for row in found.records] == [
        (1, "2200001", "01088886666", None, GATEWAY, 30),
        (2, "2200001", "01088886666", None, GATEWAY, 26),
        (3, "2200001", "01077777777", None, GATEWAY, 30),
        (5, "013900000002", "2200001", GATEWAY, None, 30),
        (6, "013900000002", "2200003", GATEWAY, None, 26),
        (7, "2200001", "013900000003", None, GATEWAY, 0),
        (8, "013900000003", "2200003", GATEWAY, None, 26),
    ]
    assert [(number, field) for number, field, _ in found.malformed] == [(6, "destDeviceName")]
    assert found.payers == {}
