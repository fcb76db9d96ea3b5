"""A foreign line reads the same whichever lines stand beside it: the pass over a whole file agrees with the one by record."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orchestration.ingestion.cdr.decoding import CdrFile
from orchestration.ingestion.cdr.formats.model import FixedField
from orchestration.ingestion.cdr.layouts import binary
from tests.ingestion.cdr.foreign import Read, read
from tests.ingestion.cdr.switches.test_huawei_igwb import record

_field = st.one_of(
    st.sampled_from(
        ["2200001", '"2200001"', ' "22"', '"22" ', '"a""b"', "", '""', " 22", "2026-03-01 10:00:00", "x'y", '"', "é"]
    ),
    st.sampled_from(['"Jo "x""', '"a', 'b"', "\x1a", '"a""",']),
    st.text(st.sampled_from("ab\"12 ',\x00"), max_size=4),
)
_lines = st.lists(
    st.one_of(
        st.lists(_field, min_size=13, max_size=16).map(",".join),
        st.tuples(st.sampled_from(["2200001", '"2200001"', ' "2200001" ']), st.sampled_from(["1", '"61.5"', "x"])).map(
            lambda f: f',{f[0]},2200002,,2026-03-01 10:00:00,"2026-03-01 10:00:05",,9,{f[1]},NORMAL_CLEARING,u,b,""'
        ),
    ),
    max_size=6,
)


def _by_record_only(home: Path, content: str) -> Read:
    before = CdrFile.read_sound
    CdrFile.read_sound = lambda _: False  # type: ignore[method-assign]
    try:
        return read(home, content, "freeswitch")
    finally:
        CdrFile.read_sound = before  # type: ignore[method-assign]


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_lines)
def test_both_ways_of_reading_quoted_lines_agree(tmp_path: Path, lines: list[str]) -> None:
    content = "".join(f"{line}\n" for line in lines)
    usual, slow = read(tmp_path, content, "freeswitch"), _by_record_only(tmp_path, content)
    assert (usual.records, usual.malformed, usual.decoded) == (slow.records, slow.malformed, slow.decoded)
    kept = len(content.rstrip("\n").split("\n")) if content.strip("\n") else 0
    # A field in quotes may go on over lines; what has no quotes is one record a line.
    assert usual.decoded.read_records == kept if '"' not in content else usual.decoded.read_records <= kept


def test_packed_binary_files_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, gzip.compress(record(1) + record(2)), "huawei_igwb", name="x.gz")
    assert [row[0] for row in found.records] == [1, 2]


@pytest.mark.parametrize(
    ("field", "order", "content", "text"),
    [
        ({"type": "uint", "length": 3}, "big", "010203", "66051"),  # 1×65536 + 2×256 + 3
        ({"type": "uint", "length": 3}, "little", "010203", "197121"),  # 3×65536 + 2×256 + 1
        ({"type": "int", "length": 2}, "big", "fffe", "-2"),
        ({"type": "uint", "length": 8}, "big", "ff" * 8, "18446744073709551615"),
        ({"type": "uint", "length": 1, "bits": (4, 6)}, "big", "d5", "5"),  # 1101 0101: bits 4 to 6 are 101
        ({"type": "bcd", "length": 3}, "big", "123fff", "123"),
        ({"type": "bcd", "length": 3, "nibbles": "low_first"}, "big", "2143f5", "12345"),
        ({"type": "bcd", "length": 3, "filler": 14}, "big", "1a2bee", "1*2#"),
        ({"type": "bcd", "length": 2}, "big", "1f2f", "1?2"),
        ({"type": "text", "length": 6}, "big", b"AB C\0Z".hex(), "AB C"),
        ({"type": "text", "length": 4}, "big", b"\xe9B  ".hex(), "?B"),
        ({"type": "time", "length": 6, "parts": ("YY", "MM", "DD", "hh", "mm", "ss")}, "big", "1a0301173b3b", "2026-03-01 23:59:59"),
        (
            {"type": "time", "length": 7, "parts": ("YYYY", "MM", "DD", "hh", "mm", "ss"), "encoding": "bcd"},
            "big", "20260301235959", "2026-03-01 23:59:59",
        ),
        ({"type": "time", "length": 7, "parts": ("YYYY", "MM", "DD", "hh", "mm", "ss")}, "little", "ea070301173b3b", "2026-03-01 23:59:59"),
        ({"type": "time", "length": 7, "parts": ("YYYY", "MM", "DD", "hh", "mm", "ss")}, "big", "07ea0301173b3b", "2026-03-01 23:59:59"),
        ({"type": "time", "length": 6, "parts": ("DD", "MM", "YY", "hh", "mm", "ss")}, "big", "ff" * 6, ""),
    ],
)  # fmt: skip
def test_bytes_become_what_a_person_would_write(field: dict, order: str, content: str, text: str) -> None:  # type: ignore[type-arg]
    octets = np.frombuffer(bytes.fromhex(content), dtype=np.uint8).reshape(1, -1)
    assert binary._decoded(FixedField("f", 0, **field), octets, order).to_pylist() == [text]
