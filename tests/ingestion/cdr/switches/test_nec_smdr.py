"""NEC SL and SV8100, SMDR with dates: the classes of the Features and Specifications Manual, made by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.ingestion.cdr.foreign import read

PAGE = " " * 60 + "03/02/2026 PAGE 001"
COLUMNS = "CLASS TIME DATE  LINE DURATION STATION     DIALLED No./CLI     ACCOUNT"


def smdr(
    kind: str, time: str, line: str, duration: str, station: str, dialled: str, account: str = "", day: str = "03/02"
) -> str:
    """A line of 79 columns: 5 class, 5 time, 5 date, 4 line, 8 duration, 10 station, 20 number, 16 account."""
    text = f"{kind:<5}{time:<5} {day:<5} {line:<4} {duration:<8} {station:<10} {dialled:<20} {account:<16}"
    assert len(text) == 79
    return text


def test_every_class_of_the_manual(tmp_path: Path) -> None:
    out = ["POT", "POTA", "POTP", "POTW", "IVOT", "IVOTP", "IDOT", "SAD", "WAD"]
    lines = [
        PAGE,
        COLUMNS,
        "",
        *(smdr(kind, f"10:0{at}", "001", "00:01:01", "2200001", f"0108888666{at}") for at, kind in enumerate(out)),
        *(smdr(kind, "10:10", "002", "00:00:30", "2200002", f"0139000000{at}") for at, kind in enumerate(["PIN", "IVIN", "IDIN"])),
        smdr("IVIN", "10:11", "002", "00:00:31", "2200002", ""),  # caller withheld
        smdr("NEXT", "10:11", "002", "", "", "ABC COMPANY"),
        smdr("PIN", "10:12", "002", "00:00:00", "2200002", "01390000009", "NO ANSWER"),
        smdr("ICM", "10:13", "", "00:00:32", "2200001", "2200002"),
        smdr("SDTA", "10:14", "", "00:00:33", "2200001", "2200003"),
        # the first outgoing call was transferred; so was the first incoming; of the third nothing is known
        smdr("PTRS", "10:15", "001", "00:00:34", "2200005", "01088886660"),
        smdr("ITRS", "10:16", "002", "00:00:35", "2200006", "01390000000"),
        smdr("PTRS", "10:17", "003", "00:00:36", "2200007", "01099999999"),
        smdr("ALB", "10:18", "", "", "", ""),
        smdr("BRD", "10:19", "001", "00:00:00", "2200001", "0088"),
        smdr("BFL", "10:20", "", "", "", ""),
        PAGE.replace("001", "002"),
        COLUMNS,
    ]  # fmt: skip
    found = read(tmp_path, "\r\n".join(lines) + "\r\n", "nec_smdr", day=date(2026, 3, 2))
    day = "2026-03-02"
    assert [row[1:] for row in found.records] == [
        *(("2200001", f"0108888666{at}", None, "L001", f"{day} 10:0{at}:00", 61, 16) for at in range(9)),
        *((f"0139000000{at}", "2200002", "L002", None, f"{day} 10:10:00", 30, 16) for at in range(3)),
        ("", "2200002", "L002", None, f"{day} 10:11:00", 31, 16),
        ("01390000009", "2200002", "L002", None, f"{day} 10:12:00", 0, 19),
        ("2200001", "2200002", None, None, f"{day} 10:13:00", 32, 16),
        ("2200001", "2200003", None, None, f"{day} 10:14:00", 33, 16),
        ("2200005", "01088886660", None, "L001", f"{day} 10:15:00", 34, 16),
        ("01390000000", "2200006", "L002", None, f"{day} 10:16:00", 35, 16),
    ]
    unknown = "is none of the texts that the format has values for"
    assert found.malformed == [(23, "release_cause", unknown), (26, "release_cause", unknown)]
    assert sorted(found.no_calls) == [1, 2, 3, 17, 24, 25, 27, 28]


def test_a_number_called_back_on_the_same_line_keeps_both_directions(tmp_path: Path) -> None:
    """The customer calls in and is called back; of a transfer between them nobody can say which call it goes on with."""
    lines = [
        smdr("PIN", "09:00", "003", "00:01:00", "2200001", "13800001111"),
        smdr("POT", "15:00", "003", "00:02:00", "2200001", "13800001111"),
        smdr("PIN", "16:00", "003", "00:03:00", "2200001", "13800001111"),
        smdr("PTRS", "16:03", "003", "00:00:10", "2200002", "13800001111"),
    ]
    found = read(tmp_path, "\r\n".join(lines) + "\r\n", "nec_smdr", day=date(2026, 3, 2))
    assert [row[1:] for row in found.records] == [
        ("13800001111", "2200001", "L003", None, "2026-03-02 09:00:00", 60, 16),
        ("2200001", "13800001111", None, "L003", "2026-03-02 15:00:00", 120, 16),
        ("13800001111", "2200001", "L003", None, "2026-03-02 16:00:00", 180, 16),
    ]
    assert found.malformed == [(4, "release_cause", "is none of the texts that the format has values for")]


@pytest.mark.parametrize(
    ("file_day", "written", "read_as"),
    [(date(2026, 1, 1), "12/31", "2025-12-31"), (date(2025, 12, 31), "01/01", "2026-01-01"),
     (date(2028, 3, 1), "02/29", "2028-02-29"), (date(2026, 7, 1), "06/30", "2026-06-30")],
)  # fmt: skip
def test_a_date_without_a_year_is_of_the_year_that_is_nearest(
    tmp_path: Path, file_day: date, written: str, read_as: str
) -> None:
    found = read(
        tmp_path, smdr("POT", "23:59", "001", "00:00:02", "2200001", "0108", day=written), "nec_smdr", day=file_day
    )
    assert [row[5] for row in found.records] == [f"{read_as} 23:59:00"]
