"""Cisco CUCM's CDR flat files: names, types, epoch seconds in UTC. Worked by hand, and on real files where those are."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from orchestration.ingestion.headers import header_fault
from tests.ingestion.foreign import read

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


def test_a_time_outside_the_calendar_is_no_end_of_the_file(tmp_path: Path) -> None:
    line = '1,2,100,{},"2200001",0,"2200002","2200003",16,{},1772330466,61,"SEP001122334455","Gateway_1"\n'
    lines = line.format(9_223_372_036_854_775_807, 0) + line.format(1772330400, 1772330405) + line.format("", "0")
    found = read(tmp_path, HEADER + lines, "cisco_cucm")
    assert [record[0] for record in found.records] == [2]
    assert found.malformed == [
        (3, "started_at", "dateTimeConnect or dateTimeOrigination is no time since 1970"),
        (5, "started_at", "dateTimeConnect or dateTimeOrigination is no time since 1970"),
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
    assert found.decoded.told_fault == "line 1 of the header has no one field dateTimeConnect"


@needs_samples
def test_a_real_file(tmp_path: Path) -> None:
    """Two recording legs whose caller begins with b, and a call of 11 s: 1744993930 is 2025-04-19 00:32:10 in Shanghai."""
    content = (Path(str(SAMPLES)) / "cdr_cucm" / "cdr.txt").read_bytes()
    found = read(tmp_path, content, "cisco_cucm", day=date(2025, 4, 19))
    assert found.records == [(3, "5033466594", "5033466593", None, None, "2025-04-19 00:32:10", 11, 16)]
    assert found.malformed == [
        (3, "calling_number", "is no number"),
        (4, "calling_number", "is no number"),
    ]


@needs_samples
def test_a_real_file_without_its_names_is_not_guessed_at() -> None:
    """It begins with the types; the reason names what is missing."""
    first = (Path(str(SAMPLES)) / "cdr_cucm" / "sample_cdr.txt").read_bytes().split(b"\n", 1)[0]
    fault = header_fault("cdr", "cisco_cucm", None, first)
    assert fault is not None
    assert "has no one callingPartyNumber" in fault
