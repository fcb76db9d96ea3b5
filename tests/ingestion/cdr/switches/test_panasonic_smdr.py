"""Panasonic KX-TDA and KX-NS, SMDR pattern A: the lines of the Feature Guide, made by hand with other numbers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.ingestion.cdr.formats.registry import FORMATS_FOLDER
from tests.ingestion.cdr.foreign import read

HEADING = "  Date     Time    Ext  CO        Dial Number        Ring Duration  Acc code  CD"
RULE = "-" * 80


def smdr(
    time: str,
    ext: str,
    trunk: str,
    dial: str,
    duration: str = "00:00'00",
    ring: str = "",
    account: str = "",
    code: str = "",
) -> str:
    """A line of 80 columns of 2 March: 8 date, 7 time, 5 extension, 2 trunk, 25 number, 4 ring, 8 duration, 10 account, 3 code."""
    text = f"02/03/26 {time:>7} {ext:<5} {trunk:<2} {dial:<25} {ring:>4} {duration:<8} {account:<10} {code:<3}"
    assert len(text) == 80
    return text


INCOMING = smdr("10:17AM", "22001", "02", "<D>CDE2200001<I>Q COMPANY", "00:00'31", "0'03")

LINES = [
    HEADING,
    RULE,
    smdr("10:03AM", "22001", "01", "01088886666", "00:01'05", account="98765"),  # ended 10:03, so began 10:01:55
    smdr("10:07AM", "22001", "01", "<I>013900000001", "00:12'05", "0'05"),
    smdr("10:15AM", "22001", "01", "<I>", "00:00'30", "0'03"),  # caller withheld
    smdr("10:16AM", "22001", "02", "<I>ABC CO 013900000002", "00:00'30", "0'03"),
    INCOMING,
    smdr("10:18AM", "22001", "02", "<I>013900000003", ring="5'15", code="NA"),
    smdr("12:07AM", "22001", "", "EXT22002", "00:01'05"),  # seven minutes after midnight
    smdr("01:07PM", "*0123", "01", "01088886666", "01:00'00"),
    "",
    HEADING,
    RULE,
    smdr("01:10PM", "22001", "01", "01088886666-4711", "00:00'10", code="TR"),
    smdr("01:11PM", "22002", "01", "01077777777", "00:00'11", code="FW"),
    smdr("01:11PM", "22002", "02", "<I>013900000004", "00:00'11", code="FW"),
    smdr("01:12PM", "22500", "01", "01077777777", "00:00'12", code="D0"),
    smdr("01:13PM", "22001", "01", "0108888....", "00:00'13"),
    smdr("01:14PM", "22001", "01", "0108888XXXX", "00:00'14"),
    smdr("01:15PM", "22001", "01", "<I>013900000005", code="RC"),
    smdr("01:15PM", "22001", "01", "<I>013900000005", code="AN"),
    smdr("01:16PM", "22001", "01", "<I>013900000006", code="VR"),
    smdr("01:16PM", "22001", "01", "<I>013900000006", code="VA"),
    smdr("01:17PM", "22001", "", "LOG IN"),
    smdr("01:18PM", "22001", "", "In the office"),
    smdr("01:19PM", "22001", "", "Timed Reminder/No Answer"),
    smdr("01:20PM", "22001", "", "Check out"),
    smdr("01:21PM", "22001", "01", "01088886666", "00:00'21").rstrip(),
]


def test_every_kind_of_line_of_the_feature_guide(tmp_path: Path) -> None:
    found = read(tmp_path, "\r\n".join(LINES) + "\r\n", "panasonic_smdr", day=date(2026, 3, 2))
    assert [row[1:] for row in found.records] == [
        ("22001", "01088886666", None, "CO01", "2026-03-02 10:01:55", 65, 16),
        ("013900000001", "22001", "CO01", None, "2026-03-02 09:54:55", 725, 16),
        ("", "22001", "CO01", None, "2026-03-02 10:14:30", 30, 16),
        ("013900000002", "22001", "CO02", None, "2026-03-02 10:15:30", 30, 16),
        ("", "2200001", "CO02", None, "2026-03-02 10:16:29", 31, 16),
        ("013900000003", "22001", "CO02", None, "2026-03-02 10:18:00", 0, 19),
        ("22001", "22002", None, None, "2026-03-02 00:05:55", 65, 16),
        ("0123", "01088886666", None, "CO01", "2026-03-02 12:07:00", 3600, 16),
        ("22001", "01088886666", None, "CO01", "2026-03-02 13:09:50", 10, 16),
        ("22002", "01077777777", None, "CO01", "2026-03-02 13:10:49", 11, 16),
        ("013900000004", "22002", "CO02", None, "2026-03-02 13:10:49", 11, 16),
        ("22500", "01077777777", None, "CO01", "2026-03-02 13:11:48", 12, 16),
        ("22001", "01088886666", None, "CO01", "2026-03-02 13:20:39", 21, 16),
    ]
    assert found.malformed == [
        (18, "called_number", "is not a valid number"),
        (19, "called_number", "is not a valid number"),
    ]
    assert sorted(found.no_calls) == [1, 2, 11, 12, 13, 20, 21, 22, 23, 24, 25, 26, 27]
    assert found.no_calls[1] == "ignored: a heading, a rule or an empty line of a printed page"
    assert found.payers == {}


def test_a_torn_line_is_no_heading_and_is_set_aside(tmp_path: Path) -> None:
    whole = smdr("10:03AM", "22001", "01", "01088886666", "00:01'05")
    found = read(tmp_path, "\n".join([whole[:40], whole.replace("02/03/26", "02-03-26"), whole]), "panasonic_smdr")
    assert [row[0] for row in found.records] == [3]
    assert found.malformed == [
        (1, "line", "has 40 characters instead of at least 65"),
        (2, "started_at", "date and time is not a valid time %d/%m/%y %I:%M%p"),
    ]


@pytest.mark.parametrize(
    ("zone", "start"), [("Asia/Shanghai", "2026-03-29 01:30:00"), ("Europe/Vienna", "2026-03-29 01:30:00")]
)
def test_a_call_that_ends_after_the_clock_went_forward_began_before(tmp_path: Path, zone: str, start: str) -> None:
    """In Vienna 02:00 became 03:00: a call that ended at 03:10 after 40 minutes began at 01:30. Shanghai has no such hour."""
    duration = "01:40'00" if zone == "Asia/Shanghai" else "00:40'00"
    line = smdr("03:10AM", "22001", "01", "01088886666", duration).replace("02/03/26", "29/03/26")
    found = read(tmp_path, line, "panasonic_smdr", day=date(2026, 3, 29), zone=zone)
    assert [row[5] for row in found.records] == [start]


def test_the_declaration_names_the_manual() -> None:
    assert "Feature Guide" in (FORMATS_FOLDER / "panasonic_smdr.yml").read_text()
