"""Huawei iGWB-style fixed binary bills: records laid out byte by byte here, and read by hand."""

from __future__ import annotations

import struct
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.ingestion.cdr.formats.registry import FORMATS_FOLDER
from orchestration.warehouse.file_verdicts.duplicates import OrderedFile
from orchestration.warehouse.raw.partial_records import PieceLimits, create_joined_pieces
from tests.ingestion.cdr.foreign import DAY, read

NO_TRUNK = 0xFFFF
LOCAL, TRANSIT = 1, 4


def bcd(digits: str, octets: int = 10) -> bytes:
    """Digits two to an octet, the first in the high half, filled up with F."""
    return bytes.fromhex(digits.ljust(2 * octets, "f"))


def record(
    serial: int,
    answered: tuple[int, ...] = (26, 3, 1, 10, 0, 5),
    duration: int = 6_100,
    caller: str = "2200001",
    called: str = "2200002",
    trunks: tuple[int, int] = (NO_TRUNK, NO_TRUNK),
    cause: int = 16,
    partial: int = 0,
    call_type: int = LOCAL,
    charged: int = 1,
    reference: int = 0,
) -> bytes:
    """80 bytes: the layout of seeds/cdr_formats/huawei_igwb.yml, little endian; the end is what that leaves unread."""
    head = struct.pack("<IBBBB", serial, 1, 0xF0 | partial, call_type, charged)
    times = bytes(answered) + bytes(6)
    body = struct.pack("<I", duration) + bcd(caller) + bcd(called) + struct.pack("<HHHI", *trunks, cause, reference)
    return (head + times + body).ljust(80, b"\xaa")


def test_records_are_read_in_one_pass(tmp_path: Path) -> None:
    content = (
        record(1) + record(2, duration=6_001, called="a98b", trunks=(NO_TRUNK, 12)) + record(3, duration=0, cause=17)
    )
    found = read(tmp_path, content, "huawei_igwb")
    assert found.in_one_pass
    # 6100 × 10 ms = 61 s; 6001 × 10 ms = 60.01 s, whose 61st second has begun.
    # The nibbles A and B are * and # of the dial pad; what begins with one is a service code and is kept as dialled.
    assert found.records == [
        (1, "2200001", "2200002", None, None, "2026-03-01 10:00:05", 61, 16),
        (2, "2200001", "*98#", None, "TG12", "2026-03-01 10:00:05", 61, 16),
        (3, "2200001", "2200002", None, None, "2026-03-01 10:00:05", 0, 17),
    ]
    assert found.said[0] == ("subscriber", "calling", "single", "0")


@pytest.mark.parametrize(("flag", "kind"), [(0, "single"), (1, "first"), (2, "middle"), (3, "last")])
def test_the_partial_flag_is_of_two_bits(tmp_path: Path, flag: int, kind: str) -> None:
    (said,) = read(tmp_path, record(1, partial=flag, reference=4711), "huawei_igwb").said
    assert said == ("subscriber", "calling", kind, "4711")


def test_a_tandem_call_and_the_party_to_be_charged(tmp_path: Path) -> None:
    content = b"".join(record(at, call_type=TRANSIT, charged=party, trunks=(3, 9)) for at, party in ((1, 3), (2, 4)))
    found = read(tmp_path, content, "huawei_igwb")
    assert [said[:2] for said in found.said] == [("transit", "incoming_carrier"), ("transit", "outgoing_carrier")]
    assert [row[3:5] for row in found.records] == [("TG3", "TG9"), ("TG3", "TG9")]


def test_a_record_that_is_not_sound_is_kept_as_hex_and_harms_no_other(tmp_path: Path) -> None:
    bad = [
        record(2, answered=(26, 13, 1, 10, 0, 5)),
        record(3, answered=(0, 0, 0, 0, 0, 0)),
        record(4, caller="22f0001"),  # digits after a filler: not the number that was meant
        record(5, caller=""),
        record(6, duration=60_480_001),  # 604 800.01 s
        record(7, charged=9),
        record(8, answered=(126, 3, 1, 10, 0, 5)),
        record(1),
    ]
    found = read(tmp_path, record(1) + b"".join(bad) + record(9), "huawei_igwb")
    assert [row[0] for row in found.records] == [1, 9, 10]
    assert found.malformed == [
        (2, "started_at", "answer_time is not a valid time %Y-%m-%d %H:%M:%S"),
        (3, "started_at", "answer_time is not a valid time %Y-%m-%d %H:%M:%S"),
        (4, "calling_number", "is not a valid number"),
        (5, "calling_number", "is empty"),
        (6, "duration_seconds", "is greater than 604800"),
        (7, "charge_party", "is none of the texts that the format has values for"),
        (8, "started_at", "answer_time is not a valid time %Y-%m-%d %H:%M:%S"),
    ]
    assert found.texts == [one.hex() for one in bad[:7]]


def test_a_file_cut_in_a_record_has_one_malformed_record_at_its_end(tmp_path: Path) -> None:
    found = read(tmp_path, record(1) + record(2) + record(3)[:37], "huawei_igwb")
    assert [row[0] for row in found.records] == [1, 2]
    assert found.malformed == [(3, "line", "is cut: it has 37 bytes instead of 80")]
    assert found.texts == [record(3)[:37].hex()]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    found = read(tmp_path, b"", "huawei_igwb")
    assert (found.decoded.read_records, found.in_one_pass) == (0, True)


def test_a_switch_that_writes_the_charging_number_has_it_charged(tmp_path: Path) -> None:
    """As docs/formats.md shows: one more field, and its name under charged_number."""
    shipped = (FORMATS_FOLDER / "huawei_igwb.yml").read_text()
    own = shipped.replace("name: huawei_igwb", "name: own", 1).replace(
        "record:\n",
        "  - {name: charging_number, offset: 54, bytes: 10, type: bcd}\nrecord:\n  charged_number: charging_number\n",
    )
    (tmp_path / "own.yml").write_text(own)
    nobody, somebody = record(1)[:54] + bcd(""), record(2, trunks=(3, 9))[:54] + bcd("2200009")
    withheld = record(3, caller="", trunks=(3, NO_TRUNK))[:54] + bcd("")
    found = read(
        tmp_path, b"".join(one.ljust(80, b"\xaa") for one in (nobody, somebody, withheld)), tmp_path / "own.yml"
    )
    assert [row[:5] for row in found.records] == [
        (1, "2200001", "2200002", None, None),
        (2, "2200001", "2200002", "TG3", "TG9"),
        (3, "", "2200002", "TG3", None),
    ]
    assert found.payers == {2: "2200009"}


@pytest.mark.parametrize(("rounding", "seconds"), [("up", 62), ("down", 61), ("half_up", 61)])
def test_the_pieces_of_a_call_are_rounded_once(tmp_path: Path, rounding: str, seconds: int) -> None:
    """Three pieces of 20.40 s are 61.20 s. Rounded up one by one they would be 63 s."""
    form = tmp_path / "huawei_igwb.yml"
    shipped = (FORMATS_FOLDER / form.name).read_text(encoding="utf-8")
    form.write_text(shipped.replace("unit: 10ms}", f"unit: 10ms, rounding: {rounding}}}"), encoding="utf-8")
    starts = [(26, 3, 1, 10, 0, 0), (26, 3, 1, 10, 0, 20), (26, 3, 1, 10, 0, 41)]
    pieces = [record(n, starts[n - 1], 2_040, partial=n, reference=7) for n in (1, 2, 3)]
    home = tmp_path / "home"
    assert len(read(home, b"".join(pieces), form).records) == 3
    with duckdb.connect() as con:
        con.execute("create schema raw")
        con.execute("create schema closed")
        files, limits = [OrderedFile("f1", "SW1", DAY, 1)], PieceLimits(Decimal(24), Decimal(5))
        create_joined_pieces(con, home / "raw", files, DAY + timedelta(days=2), limits)
        found = con.execute(
            "select record_number, joined_seconds, joined_pieces, is_partial from raw.joined_pieces order by 1"
        )
        assert found.fetchall() == [(1, seconds, 3, False), (2, None, None, True), (3, None, None, True)]
