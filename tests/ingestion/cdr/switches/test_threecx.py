"""3CX's CDR output with the 20 fields of its documentation: each kind of record, made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingestion.cdr.foreign import read


def cdr(
    history: int,
    duration: str,
    began: str,
    answered: str,
    reason: str,
    parties: tuple[str, str],
    dns: tuple[str, str],
    changed: str = "",
    final: tuple[str, str] = ("", ""),
    dialled: str = "",
) -> str:
    """A line of 20 fields and the empty one after the last comma; the times of 1 March."""
    when = f"2026/03/01 {began},{f'2026/03/01 {answered}' if answered else ''},2026/03/01 11:00:00"
    return (
        f"Call {history},00000151DEA4FFE5_{history}_{parties[1]},{duration},{when},{reason},{parties[0]},{parties[1]},{dns[0]},"
        f"{dns[1]},{dialled},{changed},{final[0]},{final[1]},,,,,Chain: {parties[0]};{parties[1]};,\n"
    )  # fmt: skip


def test_every_kind_of_record(tmp_path: Path) -> None:
    out, house = ("2200001", "10000"), ("2200001", "2200002")
    lines = [
        cdr(1, "00:00:44", "10:00:00", "10:00:04", "TerminatedByDst", ("Ext.2200001", "Ext.2200002"), house),
        cdr(2, "00:01:01", "10:01:00", "10:01:05", "TerminatedBySrc", ("Ext.2200001", "01088886666"), out, dialled="901088886666"),
        cdr(3, "00:00:20", "10:02:00", "10:02:03", "TerminatedBySrc", ("013900000001", "Ext.2200001"), ("10001", "Ext.2200001")),
        cdr(4, "00:00:10", "10:03:00", "10:03:03", "TerminatedBySrc", ("anonymous", "Ext.2200001"), ("10001", "2200001")),
        cdr(5, "00:00:00", "10:04:00", "", "Failed_Cancelled", ("Ext.2200001", "01088886666"), out),
        cdr(6, "", "10:05:00", "", "Busy", ("Ext.2200001", "Ext.2200002"), house),
        # a queue rings three extensions, the second answers; another call nobody answers
        cdr(7, "00:00:00", "10:06:00", "", "NoAnswer", ("013900000002", "Ext.101"), ("10000", "101")),
        cdr(7, "00:00:30", "10:06:00", "10:06:09", "TerminatedBySrc", ("013900000002", "Ext.102"), ("10000", "102")),
        cdr(7, "00:00:00", "10:06:00", "", "NoAnswer", ("013900000002", "Ext.103"), ("10000", "103")),
        cdr(8, "00:00:00", "10:07:00", "", "NoAnswer", ("013900000003", "Ext.101"), ("10000", "101")),
        cdr(8, "00:00:00", "10:07:00", "", "NoAnswer", ("013900000003", "Ext.102"), ("10000", "102")),
        # 2200002 forwards or transfers to the outside, called from outside and from the house; a transfer in the house
        cdr(9, "00:00:11", "10:08:00", "10:08:03", "TerminatedBySrc", ("013900000004", "Ext.2200002"), ("10000", "2200002"),
            "ReplacedDst", ("01077777777", "10002")),
        cdr(10, "00:00:12", "10:09:00", "10:09:03", "TerminatedBySrc", ("Ext.2200001", "Ext.2200002"), house,
            "ReplacedDst", ("01077777777", "10002")),
        cdr(11, "00:00:13", "10:10:00", "10:10:03", "TerminatedBySrc", ("Ext.2200001", "Ext.2200002"), house,
            "ReplacedDst", ("Ext.2200003", "2200003")),
    ]  # fmt: skip
    found = read(tmp_path, "".join(lines), "threecx")
    assert found.records == [
        (1, "2200001", "2200002", None, None, "2026-03-01 10:00:04", 44, 16),
        (2, "2200001", "01088886666", None, "10000", "2026-03-01 10:01:05", 61, 16),
        (3, "013900000001", "2200001", "10001", None, "2026-03-01 10:02:03", 20, 16),
        (4, "", "2200001", "10001", None, "2026-03-01 10:03:03", 10, 16),
        (5, "2200001", "01088886666", None, "10000", "2026-03-01 10:04:00", 0, 16),
        (6, "2200001", "2200002", None, None, "2026-03-01 10:05:00", 0, 17),
        (8, "013900000002", "102", "10000", None, "2026-03-01 10:06:09", 30, 16),
        (10, "013900000003", "101", "10000", None, "2026-03-01 10:07:00", 0, 19),
        (12, "013900000004", "01077777777", "10000", "10002", "2026-03-01 10:08:03", 11, 16),
        (13, "2200001", "01077777777", None, "10002", "2026-03-01 10:09:03", 12, 16),
        (14, "2200001", "2200003", None, None, "2026-03-01 10:10:03", 13, 16),
    ]
    assert found.payers == {12: "2200002", 13: "2200002"}
    assert sorted(found.no_calls) == [7, 9, 11]
    assert (found.malformed, found.in_one_pass) == ([], True)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [("dst_participant_terminated", 16), ("NoAnswerTimeout", 19), ("timeout", 19), ("declined", 21), ("NotFound", 31),
     ("TargetNotFound", 1), ("not_found", 1), ("no_route", 3), ("RouteBusy", 34), ("Failed", 31), ("", 31)],
)  # fmt: skip
def test_how_a_call_ended_becomes_a_cause_of_q850(tmp_path: Path, reason: str, cause: int) -> None:
    line = cdr(1, "", "10:05:00", "", reason, ("Ext.2200001", "Ext.2200002"), ("2200001", "2200002"))
    assert [row[7] for row in read(tmp_path, line, "threecx").records] == [cause]


def test_a_line_of_another_order_is_set_aside(tmp_path: Path) -> None:
    sound = cdr(1, "00:00:44", "10:00:00", "10:00:04", "TerminatedByDst", ("Ext.2200001", "Ext.2200002"), ("1", "2"))
    moved = "2026/03/01 10:00:00," + sound  # so the call id stands where the duration does
    found = read(tmp_path, sound + moved + "Call 3,x\n", "threecx")
    assert [row[0] for row in found.records] == [1]
    assert [(number, field) for number, field, _ in found.malformed] == [(2, "duration_seconds"), (3, "line")]


def test_an_outgoing_call_that_is_transferred_stays_one_to_the_outside(tmp_path: Path) -> None:
    out, dialled = ("2200001", "10000"), ("Ext.2200001", "01088886666")
    lines = [
        cdr(1, "00:01:01", "10:00:00", "10:00:05", "TerminatedByDst", dialled, out, "ReplacedSrc", ("Ext.2200003", "2200003")),
        cdr(2, "00:01:02", "10:05:00", "10:05:05", "TerminatedByDst", dialled, out, "ReplacedSrc", ("013900000001", "10001")),
        cdr(3, "00:01:03", "10:10:00", "10:10:05", "TerminatedByDst", dialled, out, "", ("+861088886666", "10000")),
    ]  # fmt: skip
    found = read(tmp_path, "".join(lines), "threecx")
    assert [(row[0], *row[1:5], row[6]) for row in found.records] == [
        (1, "2200001", "01088886666", None, "10000", 61),
        (3, "2200001", "00861088886666", None, "10000", 63),
    ]
    assert [(number, field) for number, field, _ in found.malformed] == [(2, "final_number")]
    assert found.payers == {}
