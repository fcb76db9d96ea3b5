"""A byte order mark at the beginning of a file is no part of its first field, in whatever encoding a bank or switch writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.file_reading.byte_order_marks import without_mark
from tests.ingestion.bank.formats import test_line_records, test_mt940
from tests.ingestion.bank.formats.readers import read_line_records, read_mt940
from tests.ingestion.cdr.foreign import read

MARKS = {"UTF-8": b"\xef\xbb\xbf", "GB18030": b"\x84\x31\x95\x33"}  # as the Unicode standard has them


def test_only_a_mark_at_the_beginning_goes() -> None:
    for mark in MARKS.values():
        assert without_mark(mark + b"1|2") == b"1|2"
        assert without_mark(b"1|2" + mark) == b"1|2" + mark
    assert without_mark(b"") == b""


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_bank_batch_has_the_same_id_with_a_mark_and_without(mark: bytes) -> None:
    """Else the same batch came in twice, once under a name that begins with the mark."""
    delimited = load_bank_format("cn_delimited")
    content = test_line_records.DELIMITED.encode("gb18030")
    plain, marked = read_line_records(content, delimited), read_line_records(mark + content, delimited)
    assert plain.batch_id and (marked.batch_id, marked.lines, marked.set_aside) == (
        plain.batch_id,
        plain.lines,
        plain.set_aside,
    )


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_statement_is_read_with_a_mark(mark: bytes) -> None:
    mt940 = load_bank_format("mt940")
    content = test_mt940.STATEMENT.encode()
    assert read_mt940(mark + content, mt940) == read_mt940(content, mt940)


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_call_file_is_read_with_a_mark(tmp_path: Path, mark: bytes) -> None:
    line = (
        '"","2200001","051247980812","default","""A"" <2200001>","SIP/1","SIP/2","Dial","x",'
        '"2026-03-01 10:00:00","2026-03-01 10:00:00","2026-03-01 10:01:00","60","60","ANSWERED","DOCUMENTATION"\n'
    )
    found = read(tmp_path, mark + line.encode(), "asterisk")
    assert (found.malformed, len(found.records)) == ([], 1)
