"""Damage in fields that billing does not need: it costs no record and makes none."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from orchestration.ingestion.cdr.layouts import lines
from tests.ingestion.cdr.foreign import read

_LINE = (
    '{},"2200001","{}","default","2026-03-01 12:00:00","2026-03-01 12:00:05","2026-03-01 12:01:06","66","61",'
    '"NORMAL_CLEARING","u1","",{},"PCMA","PCMA"'
)


def line(name: str = '"Desk"', called: str = "2200002", account: str = '""') -> str:
    """A line of FreeSWITCH with a caller's name and an account code as they stand in the file."""
    return _LINE.format(name, called, account)


SOUND = line(called="2200003")


@pytest.mark.parametrize(
    "record",
    [
        line('"Desk\n2nd floor"'),
        line('"Desk\r\n2nd ""floor"", left"'),
        line('"a\n\nb\nc"'),
        line(account='"dept\nsales"'),
        line(account='"dept "sales""'),  # read, but needed only of callers who withhold their number
        line(account='"22"0"00"'),
        line('"Jo "the boss""'),
        line('"Jo ""the boss"""'),
        line('"""'),
        line('"5" pipe"'),
        line('"Smith, "Jo""'),
        line('"A", the "B""'),
        line('"Jo "x", \n y"'),
        line('"1; DROP'.replace("1", "'") + '"'),
    ],
)
@pytest.mark.parametrize("end", ["\n", ""])
def test_a_name_costs_no_record_and_makes_none(tmp_path: Path, record: str, end: str) -> None:
    found = read(tmp_path, f"{SOUND}\n{record}\n{SOUND}{end}", "freeswitch")
    assert [(row[0], row[2], row[6]) for row in found.records] == [
        (1, "2200003", 61),
        (2, "2200002", 61),
        (3, "2200003", 61),
    ]
    assert (found.decoded.read_records, found.decoded.malformed) == (3, 0)


@pytest.mark.parametrize(
    ("damaged", "lines"),
    [
        ('"Desk', 1),  # torn in the name: the next line is a record by itself
        (SOUND[:-60], 1),
        ('"a","2200009","051",' + SOUND, 1),  # a name that would be other fields
        (line(called='22000"02'), 1),  # a field that is needed
    ],
)
def test_a_damaged_record_takes_no_other_with_it(tmp_path: Path, damaged: str, lines: int) -> None:
    found = read(tmp_path, f"{SOUND}\n{damaged}\n{SOUND}\n", "freeswitch")
    assert [(row[0], row[2]) for row in found.records] == [(1, "2200003"), (3, "2200003")]
    assert [fault[:2] for fault in found.malformed] == [(2, "line")]
    assert found.texts == [damaged]


@pytest.mark.parametrize("name", [b"M\xfcller", "王芳".encode("gbk"), b"\x00\xff\xfe", "Ren\u00e9".encode("utf-16-le")])
def test_a_name_in_any_encoding_costs_no_record(tmp_path: Path, name: bytes) -> None:
    content = SOUND.encode().replace(b"Desk", name) + b"\n" + SOUND.encode().replace(b"2200001", b"22\xff") + b"\n"
    found = read(tmp_path, content, "freeswitch")
    assert [row[2] for row in found.records] == ["2200003"]
    assert found.malformed == [(2, "line", "is not UTF-8 in the field caller_id_number")]
    assert "22\\xff" in found.texts[0]


@pytest.mark.parametrize(
    "end", ["\x1a", "\n\x1a", "\r\n\x1a\r\n", "\n\x1a\x1a\x1a", "\n\x1a\n\n", "\n\x1a\0\0\0", "\x1a\0\0\r\n"]
)
def test_an_end_of_file_mark_is_no_record(tmp_path: Path, end: str) -> None:
    found = read(tmp_path, SOUND + end, "freeswitch")
    assert ([row[2] for row in found.records], found.decoded.read_records) == (["2200003"], 1)


def test_files_that_were_copied_into_one_keep_their_records(tmp_path: Path) -> None:
    found = read(tmp_path, f"{SOUND}\n\x1a{SOUND}\n\x1a\n{SOUND}\n\x1a", "freeswitch")
    assert [row[0] for row in found.records] == [1, 2, 3]


def test_a_mark_at_the_end_of_fixed_columns_is_no_part_of_them(tmp_path: Path) -> None:
    declaration = tmp_path / "wide.yml"
    declaration.write_text(
        "name: wide\nlayout: fixed_width\nline_length: 50\n"
        "fields: [{name: t, column: 1, length: 19}, {name: d, column: 20, length: 5}, {name: a, column: 25, length: 8},\n"
        "  {name: b, column: 33, length: 8}, {name: n, column: 41, length: 10}]\n"
        "record: {calling_number: a, called_number: b, started_at: t, duration_seconds: d, release_cause: {constant: '16'}}\n",
        encoding="utf-8",
    )
    text = "2026-03-01 10:00:00" + "   61" + " 2200001" + " 2200002" + "Zhang     "
    content = (text + "\r\n").encode() + text.replace("Zhang", "M\u00fcllr").encode("latin-1") + b"\x1a"
    found = read(tmp_path, content, declaration)
    assert [row[1] for row in found.records] == ["2200001", "2200001"]
    assert found.decoded.malformed == 0


def test_an_account_code_in_another_encoding_costs_no_record_and_says_nothing(tmp_path: Path) -> None:
    code = "\u9500\u552e2200009".encode("gbk")
    damaged = line(account='"?"').encode().replace(b"?", code)
    withheld = damaged.replace(b'"2200001"', b'"anonymous"')
    found = read(tmp_path, damaged + b"\n" + withheld + b"\n" + SOUND.encode(), "freeswitch")
    assert [row[0] for row in found.records] == [1, 3]
    assert found.malformed == [(2, "calling_number", "is empty")]


THREECX = (
    "Call {0},{0},00:01:01,2026/03/01 10:0{0}:00,2026/03/01 10:0{0}:05,2026/03/01 10:01:06,TerminatedByDst,Ext.2200001,01088886666,"
    "Ext.2200001,10000,01088886666,,,,,,,,"
)
LONE_CR = ("line", "has a CR in it that ends no line; lines end with LF or CR LF")


def test_records_behind_a_lone_cr_are_not_lost_in_silence(tmp_path: Path) -> None:
    """3CX lines may have more fields than are named, and DuckDB takes a CR alone for the end of a line."""
    old_mac = read(tmp_path / "mac", "\r".join(map(THREECX.format, (1, 2, 3))) + "\r", "threecx")
    assert (old_mac.records, old_mac.malformed) == ([], [(1, *LONE_CR)])
    one = read(
        tmp_path / "one", THREECX.format(1) + "\r" + THREECX.format(2) + "\n" + THREECX.format(3) + "\n", "threecx"
    )
    assert [row[5] for row in one.records] == ["2026-03-01 10:03:05"]
    assert one.malformed == [(1, *LONE_CR)]
    mixed = read(
        tmp_path / "mixed",
        "".join(THREECX.format(n) + end for n, end in enumerate(("\r\n", "\n", "\r\r\n"), 1)),
        "threecx",
    )
    assert ([row[0] for row in mixed.records], mixed.malformed) == ([1, 2, 3], [])


def test_a_lone_cr_is_found_wherever_the_file_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    for size in (1, 2, 3):
        monkeypatch.setattr(lines, "_CHUNK_BYTES", size)
        for content in map(bytes, itertools.product(b"\r\na", repeat=4)):
            path.write_bytes(content)
            assert lines.is_plain(path) == (content.count(b"\r") == content.count(b"\r\n")), (content, size)
