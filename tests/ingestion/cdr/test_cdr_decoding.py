"""CDR files: every rule of a record, both ways of reading, and damage that stays with one line."""

from __future__ import annotations

import gzip
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orchestration import telephone_numbers
from orchestration.call_columns import RECORD
from orchestration.errors import TollhouseError, UsageError
from orchestration.ingestion.cdr import decoding
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ledger.schema import CallDay, DecodedFile, FileEntry
from orchestration.settings import Settings
from tests.ingestion.cdr.foreign import assert_small_files_agree, read
from tests.ingestion.intake import HEADER, Intake

LINE = "1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16"
NAME = "SW1_20260105_000001.csv"


def changed(position: int, text: str) -> str:
    """The sound line with another text in one of its columns (from 0)."""
    fields = LINE.split(",")
    fields[position] = text
    return ",".join(fields)


def test_sound_records_are_typed_and_counted(intake: Intake) -> None:
    decoded = intake.cdr(
        "1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16",
        "2,+86 (531) 234-5678,*#95.98,TG2,,2026-01-05 23:59:59,0,17",
        "3,2345678,,,,2026-01-04 23:59:30,30,16",
        "4,2345678,+1,,,2026-01-04 23:59:30,29,16",
        "5,2345678,1,,,2026-01-06 00:00:00,86400,16",
    )
    # 60 + 0 + 30 + 29 + 86400 seconds; record 4 ended a second before the file's date, record 5 began after it.
    assert (decoded.read_records, decoded.malformed, decoded.read_seconds, decoded.other_day) == (5, 0, 86519, 2)
    assert decoded.days == (
        CallDay(date(2026, 1, 4), 2, 1),
        CallDay(date(2026, 1, 5), 2, 0),
        CallDay(date(2026, 1, 6), 1, 1),
    )
    columns = "record_number, line_number, calling_number, called_number, trunk_group_in, trunk_group_out, started_at, is_other_day"
    assert intake.rows("calls", decoded.file_id, columns) == [
        (1, 2, "2345678", "010123", None, "TG1", datetime(2026, 1, 5, 10), False),
        (2, 3, "00865312345678", "*#9598", "TG2", None, datetime(2026, 1, 5, 23, 59, 59), False),
        (3, 4, "2345678", "", None, None, datetime(2026, 1, 4, 23, 59, 30), False),
        (4, 5, "2345678", "001", None, None, datetime(2026, 1, 4, 23, 59, 30), True),
        (5, 6, "2345678", "1", None, None, datetime(2026, 1, 6), True),
    ]
    types = intake.con.execute(
        f"describe select * from read_parquet('{intake.settings.raw}/calls/{decoded.file_id}.parquet')"
    ).fetchall()
    assert {name: kind for name, kind, *_ in types} == {
        "file_id": "VARCHAR",
        "record_number": "BIGINT",
        "line_number": "BIGINT",
        "calling_number": "VARCHAR",
        "called_number": "VARCHAR",
        "trunk_group_in": "VARCHAR",
        "trunk_group_out": "VARCHAR",
        "started_at": "TIMESTAMP",
        "call_date": "DATE",
        "duration_seconds": "INTEGER",
        "release_cause": "INTEGER",
        "is_other_day": "BOOLEAN",
        "call_kind": "VARCHAR",
        "charge_party": "VARCHAR",
        "partial_kind": "VARCHAR",
        "call_reference": "VARCHAR",
        "charged_number": "VARCHAR",
        "started_at_utc": "TIMESTAMP",
        "exact_micros": "BIGINT",
        "rounding": "VARCHAR",
        "key_hash": "UBIGINT",
    }
    assert [(name, kind.lower()) for name, kind, *_ in types] == [(column.name, column.type) for column in RECORD]
    # The canonical format says nothing of these: no call is transit, has a charge party, or is a piece of a longer one.
    assert set(intake.rows("calls", decoded.file_id, "call_kind, charge_party, partial_kind, call_reference")) == {
        (None, None, None, None)
    }
    assert not (intake.settings.raw / "pieces").exists()
    entry = intake.only_file()
    assert (entry.status, entry.read_records, entry.read_seconds) == ("registered", 5, 86519)


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (changed(0, ""), "record_number", "is empty"),
        (changed(0, "0"), "record_number", "is less than 1"),
        (changed(0, "-1"), "record_number", "is negative"),
        (changed(0, "1.0"), "record_number", "is not a valid whole number"),
        (changed(0, "9" * 30), "record_number", "is greater than 9223372036854775806"),
        (changed(0, "7"), "record_number", "repeats an earlier one"),
        (changed(0, "007"), "record_number", "repeats an earlier one"),
        (changed(1, ""), "calling_number", "is empty"),
        (changed(1, "-(#)"), "calling_number", "is empty"),
        (changed(1, "23a"), "calling_number", "is not a valid number"),
        (changed(1, " +86"), "calling_number", "is not a valid number"),
        (changed(1, "２３"), "calling_number", "is not a valid number"),
        (changed(2, "8+6"), "called_number", "is not a valid number"),
        (changed(5, ""), "started_at", "is not a valid time YYYY-MM-DD HH:MM:SS"),
        (changed(5, "2026-01-05T10:00:00"), "started_at", "is not a valid time YYYY-MM-DD HH:MM:SS"),
        (changed(5, "2026-01-05 10:00"), "started_at", "is not a valid time YYYY-MM-DD HH:MM:SS"),
        (changed(5, "2026-02-29 10:00:00"), "started_at", "is not a valid time YYYY-MM-DD HH:MM:SS"),
        (changed(5, "2026-01-04 24:00:00"), "started_at", "is not a valid time YYYY-MM-DD HH:MM:SS"),
        (changed(5, "2026-01-07 00:00:00"), "started_at", "is later than the day after the file's date"),
        (changed(6, "-1"), "duration_seconds", "is negative"),
        (changed(6, "604801"), "duration_seconds", "is greater than 604800"),
        (changed(6, "1e2"), "duration_seconds", "is not a valid whole number"),
        (changed(6, ""), "duration_seconds", "is empty"),
        (changed(7, "x"), "release_cause", "is not a valid whole number"),
        (LINE + ",", "line", "has 9 columns instead of 8"),
        ("1,2345678", "line", "has 2 columns instead of 8"),
        ("", "line", "is empty"),
        (
            changed(3, '"TG'),
            "line",
            "is not a valid line of CSV: the quote of field 4 does not end where the field does",
        ),
        ("x,,,,,,,", "record_number", "is not a valid whole number"),
    ],
)
def test_a_malformed_line_is_kept_as_text_and_harms_no_other(
    intake: Intake, line: str, field: str, reason: str
) -> None:
    decoded = intake.cdr(changed(0, "7"), line, changed(0, "8"))
    assert (decoded.read_records, decoded.malformed, decoded.read_seconds) == (3, 1, 120)
    assert intake.rows("malformed", decoded.file_id) == [(decoded.file_id, 3, line, field, reason)]
    assert intake.rows("calls", decoded.file_id, "record_number, line_number") == [(7, 2), (8, 4)]


def test_a_number_of_a_malformed_line_is_taken_all_the_same(intake: Intake) -> None:
    decoded = intake.cdr(changed(6, "-1"), LINE)
    assert intake.malformed(decoded.file_id) == [
        (2, "duration_seconds", "is negative"),
        (3, "record_number", "repeats an earlier one"),
    ]


def test_quotes_line_ends_and_bytes_damage_one_line_only(intake: Intake) -> None:
    lines = [
        b'"1","2345678",010123,,"TG,1",2026-01-05 10:00:00,60,16\r',
        b"2,234\xff5678,010123,,TG1,2026-01-05 10:00:00,60,16",
        b"3,2345678,010123,,TG1,2026-01-05 10:00:00,60,16\r",
    ]
    intake.deliver("cdr/SW1", NAME, b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n" + b"\n".join(lines) + b"\n\r\n\n")
    intake.pull()
    (decoded,) = intake.decode()
    assert (decoded.read_records, decoded.malformed) == (3, 1)
    assert intake.rows("calls", decoded.file_id, "record_number, trunk_group_out") == [(1, "TG,1"), (3, "TG1")]
    assert intake.rows("malformed", decoded.file_id, "line_number, record_text, field, reason") == [
        (3, "2,234\\xff5678,010123,,TG1,2026-01-05 10:00:00,60,16", "line", "is not UTF-8")
    ]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_sound_file_is_read_in_one_pass(intake: Intake, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        decoding.CdrFile, "read_record_by_record", lambda _: pytest.fail("a sound file was split line by line")
    )
    line_end = ending or "\n"
    intake.deliver("cdr/SW1", NAME, line_end.join([HEADER, LINE, changed(0, "2")]) + ending)
    intake.deliver("cdr/SW1", "SW1_20260105_000002.csv", HEADER + ending)
    intake.pull()
    assert [decoded.read_records for decoded in intake.decode()] == [2, 0]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_packed_files_are_decoded_both_ways(intake: Intake, suffix: str, pack: Any) -> None:
    intake.deliver("cdr/SW1", NAME + suffix, pack(f"{HEADER}\n{LINE}\n".encode()))
    damaged = f"{HEADER}\n{LINE}\nx\n"
    intake.deliver(
        "cdr/SW1", "SW1_20260105_000002.csv" + suffix, pack(damaged[:40].encode()) + pack(damaged[40:].encode())
    )
    intake.pull()
    assert [(decoded.read_records, decoded.malformed) for decoded in intake.decode()] == [(1, 0), (2, 1)]


def test_every_record_of_an_unknown_switch_is_malformed_until_it_is_known(intake: Intake) -> None:
    intake.deliver("cdr/SW9", "SW9_20260105_000001.csv", f"{HEADER}\n{LINE}\n{changed(0, '2')}\n")
    intake.pull()
    (decoded,) = intake.decode()
    assert (decoded.read_records, decoded.malformed, decoded.read_seconds, decoded.days) == (2, 2, 0, ())
    assert intake.malformed(decoded.file_id)[0] == (
        2,
        "switch_id",
        "switch SW9 is not in the reference book (switches.csv)",
    )
    assert intake.decode() == []
    (decoded,) = intake.decode({"SW9"})
    assert (decoded.malformed, decoded.read_seconds) == (0, 120)
    assert intake.malformed(decoded.file_id) == []
    assert intake.ledger.call_days()[0].records == 2
    assert list((intake.settings.raw / "malformed").iterdir()) == []


def test_the_key_hash_is_that_of_the_normalised_key(intake: Intake) -> None:
    decoded = intake.cdr(
        changed(1, "+86531"),
        "2,0086-531,(010)123,,TG1,2026-01-05 10:00:00,60,31",
        "3,0086531,010123,TG1,,2026-01-05 10:00:00,60,16",
    )
    one, same, other = [row[0] for row in intake.rows("calls", decoded.file_id, "key_hash")]
    assert one == same != other
    intake.deliver("cdr/SW2", "SW2_20260105_000001.csv", f"{HEADER}\n{changed(1, '+86531')}\n")
    intake.pull()
    (decoded,) = intake.decode({"SW1", "SW2"})
    assert intake.rows("calls", decoded.file_id, "key_hash") != [(one,)]


def test_a_landed_file_that_is_gone_is_named(intake: Intake) -> None:
    intake.deliver("cdr/SW1", NAME, f"{HEADER}\n{LINE}\n")
    intake.pull()
    (intake.settings.home / intake.only_file().landing_path).unlink()
    with pytest.raises(TollhouseError, match=f"the landed file .* is gone.*{NAME}"):
        intake.decode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("layout: fixed\n", "field layout"),
        ("layout: [", "no valid YAML"),
    ],
)
def test_a_wrong_format_file_names_the_field(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "dms.yml").write_text(content)
    with pytest.raises(UsageError, match=rf"dms.yml: .*{message}|dms.yml: {message}"):
        load_cdr_format("dms", tmp_path)


_start = st.one_of(
    st.integers(0, 3 * 86_400 - 1).map(lambda s: str(datetime(2026, 1, 4) + timedelta(seconds=s))),
    st.sampled_from(["2026-01-07 00:00:00", "2026-01-05 24:00:00", "now"]),
)
_number = st.one_of(
    st.from_regex(r"[+]?[0-9]{3,8}", fullmatch=True), st.sampled_from(["(0531) 8-6", "", "a", "0 1", '"12"'])
)
_count = st.one_of(st.integers(-1, 90_000).map(str), st.sampled_from(["", "1 ", "٣"]))
_trunk = st.sampled_from(["", "TG1", "TG 2", '"TG,3"'])
_line = st.one_of(
    st.tuples(st.integers(1, 6).map(str), _number, _number, _trunk, _trunk, _start, _count, st.just("16")).map(
        ",".join
    ),
    st.sampled_from(["", "1,2", '"', "\r", "x,,,,,,,", "1,2,3,,,2026-01-05 10:00:00\r,60,16", "\x00,,,,,,,"]),
)
_sound_line = st.tuples(
    st.just(""),
    st.from_regex(r"[+]?[0-9]{3,8}", fullmatch=True),
    st.from_regex(r"[0-9]{0,5}", fullmatch=True),
    st.sampled_from(["", "TG1"]),
    st.just("TG2"),
    st.integers(0, 3 * 86_400 - 1).map(lambda s: str(datetime(2026, 1, 4) + timedelta(seconds=s))),
    st.integers(0, 86_400).map(str),
    st.just("16"),
).map(",".join)
_numbered = st.lists(_sound_line, max_size=8).map(lambda lines: [f"{n}{line}" for n, line in enumerate(lines, start=1)])


def _both_ways(home: Path, lines: list[str]) -> tuple[list[object], list[object], bool]:
    """What each way of reading makes of the lines, and whether the fast one took the file."""
    content = ("\n".join([HEADER, *lines]) + "\n").encode()
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(home)})
    (settings.landing).mkdir(parents=True, exist_ok=True)
    (settings.landing / NAME).write_bytes(content)
    entry = FileEntry(
        file_id="f1",
        source="s",
        file_kind="cdr",
        format="canonical",
        file_name=NAME,
        base_name=NAME,
        size_bytes=len(content),
        sha256="",
        landing_path=f"landing/{NAME}",
        content_lines=content.count(b"\n"),
        content_delimiters=content.count(b","),
        switch_id="SW1",
        file_date=date(2026, 1, 5),
    )
    results: list[list[object]] = []
    with duckdb.connect() as con:
        work = decoding.CdrFile(settings, con, entry, settings.landing / NAME, load_cdr_format("canonical"))
        work.calls.parent.mkdir(parents=True, exist_ok=True)
        fast = work.read_sound()
        for decode in (lambda: decoding.decode_cdr(settings, con, entry, {"SW1"}), lambda: _slowly(work)):
            decoded = decode()
            assert_small_files_agree(settings, con, entry, decoded)
            results.append([decoded, con.execute(f"select * from read_parquet('{work.calls}')").fetchall()])
    return results[0], results[1], fast


def _slowly(work: decoding.CdrFile) -> DecodedFile:
    work.read_record_by_record()
    return work.finish(decoding.cdr_signature(work.entry, {"SW1"}))


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.one_of(st.lists(_line, max_size=8), _numbered))
def test_both_ways_of_reading_agree_and_lose_no_line(tmp_path: Path, lines: list[str]) -> None:
    usual, slow, fast = _both_ways(tmp_path, lines)
    assert usual == slow
    decoded, calls = usual
    kept = len(lines)
    while kept and lines[kept - 1] in ("", "\r"):
        kept -= 1
    assert decoded.read_records == kept == len(calls) + decoded.malformed  # type: ignore[attr-defined, arg-type]
    assert not (fast and decoded.malformed)  # type: ignore[attr-defined]


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_numbered)
def test_sound_lines_take_the_fast_way(tmp_path: Path, lines: list[str]) -> None:
    usual, slow, fast = _both_ways(tmp_path, lines)
    assert fast
    assert usual == slow


def test_a_withheld_caller_is_sound_on_a_trunk_alone(intake: Intake) -> None:
    decoded = intake.cdr("1,,2345678,TG1,,2026-01-05 10:00:00,60,16", "2,,2345678,,TG1,2026-01-05 10:00:00,60,16")
    assert intake.rows("calls", decoded.file_id, "record_number, calling_number") == [(1, "")]
    assert intake.malformed(decoded.file_id) == [(3, "calling_number", "is empty")]


@pytest.mark.parametrize(
    ("dialled", "kept"),
    [
        ("*31#0512-4798", "*31#05124798"),
        ("#31# 110", "#31#110"),
        (" (*98)", "*98"),
        ("98*1#", "981"),
        ("+86.1", "00861"),
    ],
)
def test_a_service_code_is_kept_as_dialled(intake: Intake, dialled: str, kept: str) -> None:
    decoded = intake.cdr(changed(2, dialled))
    assert intake.rows("calls", decoded.file_id, "called_number") == [(kept,)]
    assert telephone_numbers.normalised_called_number(dialled) == kept


def test_a_number_that_pays_is_an_optional_ninth_column(intake: Intake) -> None:
    pays = ("", "+86 (531) 1*2#", "anonymous")
    lines = [
        f"{at},2345678,010123,,TG1,2026-01-05 10:00:0{at},60,16,{number}" for at, number in enumerate(pays, start=1)
    ]
    decoded = intake.cdr(*lines, header=f"{HEADER},charged_number")
    assert intake.rows("calls", decoded.file_id, "record_number, charged_number") == [(1, None), (2, "008653112")]
    assert intake.malformed(decoded.file_id) == [(4, "charged_number", "is not a valid number")]


def test_a_call_of_seven_days_is_of_the_file_that_it_ended_in(intake: Intake) -> None:
    # Files are written when a call ends: 7 days × 86 400 s = 604 800 s.
    decoded = intake.cdr(
        "1,2345678,1,,TG1,2025-12-29 00:00:00,604800,16",  # ended at 00:00 of the file's date, 7 days after it began
        "2,2345678,1,,TG1,2025-12-28 23:59:59,604800,16",  # a second before, and 8 days before
        "3,2345678,1,,TG1,2026-01-02 10:00:00,300000,16",  # 2 January 10:00 + 83 h 20 min = 5 January 21:20
        "4,2345678,1,,TG1,2026-01-02 10:00:00,200000,16",  # ended on the 4th
    )
    assert intake.rows("calls", decoded.file_id, "record_number, is_other_day") == [
        (1, False), (2, True), (3, False), (4, True),
    ]  # fmt: skip
    assert [(day.call_date, day.reached_days) for day in decoded.days] == [
        (date(2025, 12, 28), 7), (date(2025, 12, 29), 6), (date(2026, 1, 2), 3),
    ]  # fmt: skip


def test_blanks_are_no_trunk_group(tmp_path: Path) -> None:
    """A subscriber's call does not become one that came in over a trunk of blanks."""
    lines = [
        "1,2200001,2200002,  , ,2026-03-01 10:00:00,60,16",
        "2,2200001,2200002, T1 ,T2 ,2026-03-01 10:05:00,60,16",
        "3,,2200002, ,,2026-03-01 10:06:00,60,16",
    ]
    found = read(tmp_path, "\n".join([load_cdr_format("canonical").header_line, *lines]) + "\n", "canonical")
    assert [row[3:5] for row in found.records] == [(None, None), ("T1", "T2")]
    assert found.malformed == [(4, "calling_number", "is empty")]
