"""Asterisk's cdr_csv and cdr_custom: lines as Asterisk writes them (cdr/cdr_csv.c, cdr_custom.conf.sample), read by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingestion.foreign import read

# accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, answer, end, duration, billsec,
# disposition, amaflags, uniqueid, userfield
ANSWERED = (
    '"","2200001","2200002","internal","""Zhang, San"" <2200001>","PJSIP/2200001-00000001","PJSIP/2200002-00000002",'
    '"Dial","PJSIP/2200002,30","2026-03-01 10:00:00","2026-03-01 10:00:05","2026-03-01 10:01:06",66,61,'
    '"ANSWERED","DOCUMENTATION","1772330400.1",""'
)
INCOMING = (
    '"","+86 10 8888","2200001","from-trunk","","PJSIP/trunk1-0000000a","PJSIP/2200001-0000000b","Dial","",'
    '"2026-03-01 10:02:00","2026-03-01 10:02:03","2026-03-01 10:02:13",13,10,"ANSWERED","DOCUMENTATION","1772330520.2",""'
)
UNANSWERED = (
    '"","2200001","01088886666","internal","","PJSIP/2200001-00000003","PJSIP/trunk2-00000004","Dial","",'
    '"2026-03-01 10:03:00",,"2026-03-01 10:03:20",20,0,"{}","DOCUMENTATION","1772330580.3",""'
)


def test_a_default_file_is_read_in_one_pass(tmp_path: Path) -> None:
    found = read(tmp_path, "\n".join([ANSWERED, INCOMING, UNANSWERED.format("NO ANSWER")]) + "\n", "asterisk")
    assert found.in_one_pass
    # billsec counts, not duration; the answer time is the start, of the unanswered call the seizure.
    assert found.records == [
        (1, "2200001", "2200002", None, None, "2026-03-01 10:00:05", 61, 16),
        (2, "0086108888", "2200001", "trunk1", None, "2026-03-01 10:02:03", 10, 16),
        (3, "2200001", "01088886666", None, "trunk2", "2026-03-01 10:03:00", 0, 19),
    ]


@pytest.mark.parametrize(("outcome", "cause"), [("BUSY", 17), ("FAILED", 31), ("CONGESTION", 34), ("NO ANSWER", 19)])
def test_an_outcome_becomes_the_cause_of_q850_that_says_the_same(tmp_path: Path, outcome: str, cause: int) -> None:
    (record,) = read(tmp_path, UNANSWERED.format(outcome) + "\n", "asterisk").records
    assert record[6:] == (0, cause)


def test_columns_that_cdr_conf_does_not_ask_for_may_be_missing(tmp_path: Path) -> None:
    short = ANSWERED.rsplit(",", 2)[0]
    found = read(tmp_path, f"{short}\n{ANSWERED}\n", "asterisk")
    assert found.in_one_pass
    assert [record[6] for record in found.records] == [61, 61]


def test_a_damaged_line_is_set_aside_alone_and_the_others_are_read_the_same(tmp_path: Path) -> None:
    lines = [
        ANSWERED,
        UNANSWERED.format("CANCELLED"),  # an outcome that Asterisk does not have
        ANSWERED.replace("2026-03-01 10:00:05", "2026-03-01 25:00:05"),
        ANSWERED.replace(",61,", ",1m1s,"),
        '"",2200001,2200002',
        ANSWERED.replace('"2200002","internal"', '"2200002,"internal"'),
        INCOMING,
        ANSWERED[:-60],
    ]
    found = read(tmp_path, "\n".join(lines), "asterisk")
    assert not found.in_one_pass
    assert found.records == [
        (1, "2200001", "2200002", None, None, "2026-03-01 10:00:05", 61, 16),
        (7, "0086108888", "2200001", "trunk1", None, "2026-03-01 10:02:03", 10, 16),
    ]
    assert found.malformed == [
        (2, "release_cause", "is none of the texts that the format has values for"),
        (3, "started_at", "answer or start is no time %Y-%m-%d %H:%M:%S"),
        (4, "duration_seconds", "billsec gives no duration"),
        (5, "line", "has 3 columns instead of 16 to 21"),
        (6, "line", "is no line of CSV: the quote of field 3 does not end where the field does"),
        (8, "line", "is no line of CSV: the quote of field 12 does not end where the field does"),
    ]
    assert found.texts == [lines[at] for at in (1, 2, 3, 4, 5, 7)]
    assert (found.decoded.read_records, found.decoded.malformed, found.decoded.read_seconds) == (8, 6, 71)


def test_the_custom_mapping_writes_the_account_later_and_fractions(tmp_path: Path) -> None:
    line = (
        '"""Zhang"" <2200001>","2200001","2200002","internal","PJSIP/2200001-01","PJSIP/trunk9-02","Dial","x",'
        '"2026-03-01 10:00:00","2026-03-01 10:00:05","2026-03-01 10:01:06","66.4","{}","ANSWERED","DOCUMENTATION",'
        '"","1772330400.1","",17'
    )
    found = read(
        tmp_path,
        "\n".join([line.format("60.000001"), line.format("60.0"), line.format("0.2")]) + "\n",
        "asterisk_custom",
    )
    assert found.in_one_pass
    # 60.000001 s has begun its 61st second; an answered call of 0.2 s is one second and not "not answered".
    assert [record[6] for record in found.records] == [61, 60, 1]
    assert found.records[0][:6] == (1, "2200001", "2200002", None, "trunk9", "2026-03-01 10:00:05")
    assert found.said[0] == (None, None, None, "1772330400.1")


def test_a_line_that_is_not_utf8_is_set_aside_alone(tmp_path: Path) -> None:
    """DuckDB's reading of padded lines ends in an internal error on it, which no later query would survive."""
    damaged = ANSWERED.encode().replace(b"2026-03-01 10:00:05", b"2026-0\xb3-01 10:00:05")
    found = read(tmp_path, b"\n".join([INCOMING.encode(), damaged, b""]), "asterisk")
    assert [record[1] for record in found.records] == ["0086108888"]
    assert found.malformed == [(2, "line", "is not UTF-8 in the field answer")]
