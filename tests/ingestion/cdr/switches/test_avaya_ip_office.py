"""Avaya IP Office SMDR: the records of the appendix "SMDR Examples" of the Manager guide, made by hand with other numbers."""

from __future__ import annotations

from pathlib import Path

from tests.ingestion.cdr.foreign import read

DESK, LINE, LINE_2 = "E201,Front desk", "T9001,Line 1.1", "T9002,Line 2.1"
CALLER = "013900000003"


def smdr(
    start: str,
    connected: str,
    ring: int,
    caller: str,
    direction: str,
    called: str,
    dialled: str,
    internal: int,
    call: int,
    more: int,
    party1: str,
    party2: str,
    cause: str = "",
    targeter: str = "",
    target: str = "",
) -> str:
    """A line of 30 fields; the times of 1 March."""
    return (
        f"2026/03/01 {start},{connected},{ring},{caller},{direction},{called},{dialled},,{internal},{call},{more},{party1},{party2},"
        f"0,0,0,n/a,,,,,,,,,{cause},{targeter},{target}\n"
    )  # fmt: skip


def test_a_line_has_thirty_fields() -> None:
    assert smdr("10:00:00", "00:00:00", 1, "", "I", "", "", 0, 1, 0, DESK, LINE).count(",") == 29


def test_every_kind_of_record_of_the_smdr_examples(tmp_path: Path) -> None:
    extension = "E202,Second"
    lines = [
        # lost incoming call; answered incoming call (the extension is 201, outside 2200001 was dialled); caller withheld
        smdr("10:00:00", "00:00:00", 9, "013900000001", "I", "201", "2200001", 0, 1, 0, DESK, LINE),
        smdr("10:01:00", "00:00:30", 7, "013900000002", "I", "201", "2200001", 0, 2, 0, DESK, LINE),
        smdr("10:02:00", "00:01:00", 3, "", "I", "201", "2200001", 0, 3, 0, DESK, LINE),
        # outgoing: 4 s of ringing, then 61 s; not answered; in the house
        smdr("10:03:00", "00:01:01", 4, "2200001", "O", "051247980812", "051247980812", 0, 4, 0, DESK, LINE),
        smdr("10:05:00", "00:00:00", 12, "2200001", "O", "013900000000", "013900000000", 0, 5, 0, DESK, LINE),
        smdr("10:06:00", "00:00:44", 4, "2200001", "O", "2200002", "2200002", 1, 6, 0, DESK, extension),
        # answered by voicemail; a user's own voicemail
        smdr("10:07:00", "00:00:10", 21, "2200001", "O", "2200002", "2200002", 1, 7, 0, DESK, "V9051,VM Channel 1"),
        smdr("10:08:00", "00:00:20", 0, "2200001", "O", "VoiceMail", "*17", 1, 8, 0, DESK, "V9051,VM Channel 1"),
        # picked up by another: the first segment only rang
        smdr("10:09:00", "00:00:00", 8, "2200001", "O", "2200002", "2200002", 1, 9, 1, DESK, extension),
        smdr("10:09:00", "00:00:38", 1, "2200001", "O", "2200002", "2200002", 1, 9, 0, DESK, "E203,Third"),
        # an outgoing call that is transferred in the house: two segments, each for its own seconds
        smdr("10:10:00", "00:00:13", 6, "2200001", "O", "01088886666", "01088886666", 0, 10, 1, DESK, LINE),
        smdr("10:10:00", "00:00:21", 0, "2200001", "O", "01088886666", "01088886666", 0, 10, 0, extension, LINE),
        # a conference: two calls are held, *47 joins them; then the legs of the parties, which have no caller
        smdr("10:15:00", "00:00:03", 3, "2200001", "O", "01077777777#", "01077777777#", 0, 11, 1, DESK, LINE),
        smdr("10:14:00", "00:00:29", 7, "2200001", "O", "2200002", "2200002", 1, 12, 1, DESK, extension),
        smdr("10:15:00", "00:00:46", 0, "2200001", "O", "*47", "*47", 1, 13, 0, DESK, "V11001,CO Channel 100.1"),
        smdr("10:14:00", "00:00:49", 0, "", "O", "2200002", "2200002", 1, 12, 0, extension, "V11003,CO Channel 100.3"),
        smdr("10:15:00", "00:00:49", 0, "", "O", "01077777777#", "01077777777#", 0, 11, 0, "V11002,CO Channel 100.2", LINE),
        # 2200002 forwards to the outside: called from the house, from outside; a hunt group; a twinned mobile
        smdr("10:20:00", "00:00:10", 5, "2200001", "O", "2200002", "2200002", 0, 14, 0, DESK, LINE, "U fu", "Second", "013700000001"),
        smdr("10:21:00", "00:00:11", 5, CALLER, "I", "2200002", "2200002", 0, 15, 0, LINE_2, LINE, "U fb", "Second", "013700000001"),
        smdr("10:22:00", "00:00:12", 5, "2200001", "O", "2200100", "2200100", 0, 16, 0, DESK, LINE, "HG fnr", "Sales", "013700000002"),
        smdr("10:23:00", "00:00:13", 5, CALLER, "I", "2200003", "2200003", 0, 17, 0, LINE_2, LINE, "U MT", "Third", "013700000003"),
        # a user's own call to the outside in order to transfer
        smdr("10:24:00", "00:00:14", 5, "2200001", "O", "01088886666", "01088886666", 0, 18, 0, DESK, LINE, "U XfP", "Front desk"),
    ]  # fmt: skip
    found = read(tmp_path, "".join(lines), "avaya_ip_office")
    assert found.records == [
        (1, "013900000001", "2200001", "T9001", None, "2026-03-01 10:00:00", 0, 31),
        (2, "013900000002", "2200001", "T9001", None, "2026-03-01 10:01:07", 30, 16),
        (3, "", "2200001", "T9001", None, "2026-03-01 10:02:03", 60, 16),
        (4, "2200001", "051247980812", None, "T9001", "2026-03-01 10:03:04", 61, 16),
        (5, "2200001", "013900000000", None, "T9001", "2026-03-01 10:05:00", 0, 31),
        (6, "2200001", "2200002", None, None, "2026-03-01 10:06:04", 44, 16),
        (7, "2200001", "2200002", None, None, "2026-03-01 10:07:21", 10, 16),
        (10, "2200001", "2200002", None, None, "2026-03-01 10:09:01", 38, 16),
        (11, "2200001", "01088886666", None, "T9001", "2026-03-01 10:10:06", 13, 16),
        (12, "2200001", "01088886666", None, "T9001", "2026-03-01 10:10:00", 21, 16),
        (13, "2200001", "01077777777", None, "T9001", "2026-03-01 10:15:03", 3, 16),
        (14, "2200001", "2200002", None, None, "2026-03-01 10:14:07", 29, 16),
        (17, "2200001", "01077777777", None, "T9001", "2026-03-01 10:15:00", 49, 16),
        (18, "2200001", "013700000001", None, "T9001", "2026-03-01 10:20:05", 10, 16),
        (19, "013900000003", "013700000001", "T9001", "T9002", "2026-03-01 10:21:05", 11, 16),
        (20, "2200001", "013700000002", None, "T9001", "2026-03-01 10:22:05", 12, 16),
        (21, "013900000003", "013700000003", "T9001", "T9002", "2026-03-01 10:23:05", 13, 16),
        (22, "2200001", "01088886666", None, "T9001", "2026-03-01 10:24:05", 14, 16),
    ]
    assert found.payers == {18: "2200002", 19: "2200002", 20: "2200100", 21: "2200003"}
    # 8 and 16 are no calls, 9 only rang, 15 is the code that joins the conference.
    assert sorted(found.no_calls) == [8, 9, 15, 16]
    assert (found.malformed, found.in_one_pass) == ([], True)


def test_lines_of_other_releases_are_read_and_damage_is_set_aside_alone(tmp_path: Path) -> None:
    old = "2026/03/01 10:00,00:00:05,7,013900000001,I,201,2200001,,0,1,0,E201,Front desk,T9001,Line 1.2,0,0\n"
    new = smdr("10:01:00", "00:00:30", 7, "2200001", "O", "0108", "0108", 0, 2, 0, DESK, LINE).rstrip("\n")
    new += ",10.0.0.1,123,10.0.0.2,124,2026/03/01 10:01:40,0,\n"
    bad = [
        new.replace("00:00:30", "30 s").replace(",2,0,", ",3,0,"),
        new.replace("2026/03/01 10:01:00", "01.03.2026").replace(",2,0,", ",4,0,"),
        "2026/03/01 10:00:00,00:00:05\n",
    ]
    found = read(tmp_path, old + new + "".join(bad), "avaya_ip_office")
    assert [(row[0], row[5], row[6]) for row in found.records] == [
        (1, "2026-03-01 10:00:07", 5),
        (2, "2026-03-01 10:01:07", 30),
    ]
    assert [(number, field) for number, field, _ in found.malformed] == [
        (3, "duration_seconds"), (4, "started_at"), (5, "line"),
    ]  # fmt: skip


def test_segments_of_equal_length_are_two_and_a_line_that_stands_twice_is_one(tmp_path: Path) -> None:
    def segment(more: int, party: str, number: str = "0108", call: int = 1) -> str:
        return smdr("10:00:00", "00:00:21", 4, "2200001", "O", number, number, 0, call, more, party, LINE)

    second = "E202,Second"
    lines = [
        segment(1, DESK),
        segment(0, second),
        segment(0, second),  # written twice
        segment(1, DESK, "0109", 2),
        segment(1, second, "0109", 2),
        segment(0, DESK, "0109", 2),
        # came in, and was handed from 201 to 202: one number was dialled outside
        smdr("11:00:00", "00:00:21", 4, CALLER, "I", "201", "2200001", 0, 3, 1, DESK, LINE),
        smdr("11:00:00", "00:00:21", 4, CALLER, "I", "202", "2200001", 0, 3, 0, second, LINE),
    ]
    found = read(tmp_path, "".join(lines), "avaya_ip_office")
    starts = sorted((row[2], row[0], row[5][11:]) for row in found.records)
    # 10:00:00 and 4 s of ringing; a segment of 21 s more for each that looks like it and came before
    assert [start for number, record, start in starts if number == "0109"] == ["10:00:25", "10:00:04", "10:00:46"]
    assert [start for number, record, start in starts if record in (1, 2, 3)] == ["10:00:04", "10:00:25", "10:00:25"]
    assert sorted(start for number, _, start in starts if number == "2200001") == ["11:00:04", "11:00:25"]
    assert (found.malformed, {row[6] for row in found.records}) == ([], {21})
