"""FreeSWITCH's mod_cdr_csv, template "example": lines as in FreeSWITCH's documentation, read by hand."""

from __future__ import annotations

from pathlib import Path

from tests.ingestion.cdr.foreign import read

ANSWERED = (
    '"9007","9007","0034688886392","public","2026-03-01 16:59:50","2026-03-01 16:59:55","2026-03-01 17:00:10","20","15",'
    '"NORMAL_CLEARING","a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d","","","PCMA","PCMA"'
)
UNANSWERED = (
    '"9008","9008","+34688886392","public","2026-03-01 17:01:32","","2026-03-01 17:01:40","8","0",'
    '"{}","e29ff0ae-e752-11e3-8bff-65b6c3cdac7d","","","",""'
)


def test_a_file_is_read_in_one_pass(tmp_path: Path) -> None:
    causes = ["USER_BUSY", "NO_ANSWER", "ORIGINATOR_CANCEL", "CRASH"]
    found = read(tmp_path, "\n".join([ANSWERED, *map(UNANSWERED.format, causes)]) + "\n", "freeswitch")
    assert found.in_one_pass
    assert found.records == [
        (1, "9007", "0034688886392", "public", None, "2026-03-01 16:59:55", 15, 16),
        (2, "9008", "0034688886392", "public", None, "2026-03-01 17:01:32", 0, 17),
        (3, "9008", "0034688886392", "public", None, "2026-03-01 17:01:32", 0, 19),
        (4, "9008", "0034688886392", "public", None, "2026-03-01 17:01:32", 0, 16),
        (5, "9008", "0034688886392", "public", None, "2026-03-01 17:01:32", 0, 31),  # a cause that Q.850 does not have
    ]


def test_a_line_of_another_template_is_set_aside(tmp_path: Path) -> None:
    found = read(tmp_path, f'{ANSWERED},"more"\n{ANSWERED}\n', "freeswitch")
    assert [record[0] for record in found.records] == [2]
    assert found.malformed == [(1, "line", "has 16 columns instead of 13 to 15")]


def cdr(name: str, caller: str, called: str, context: str, account: str = "") -> bytes:
    """A call from 10:00:05 to 10:01:06, 61 s; the name is written as it is, without doubling quotes."""
    return (
        f'"{name}","{caller}","{called}","{context}","2026-03-01 10:00:00","2026-03-01 10:00:05","2026-03-01 10:01:06","66","61",'
        f'"NORMAL_CLEARING","u-{caller}-{called}","","{account}","PCMA","PCMA"\n'
    ).encode()


def test_every_kind_of_record_and_what_a_caller_may_call_himself(tmp_path: Path) -> None:
    lines = [
        cdr("Desk", "2200001", "01088886666", "default"),
        cdr("Stranger", "013900000001", "2200001", "public"),
        cdr("Two\nlines", "2200001", "4411426", "default"),
        cdr('Jo "the boss"', "2200002", "4411426", "default"),
        cdr('Jo ""the boss""', "2200002", "4411427", "default"),
        cdr("M?ller", "2200003", "4411426", "default").replace(b"?", b"\xfc"),
        cdr("", "anonymous", "2200001", "public"),
        cdr("", "", "2200002", "public"),
        cdr("Conf", "2200001", "conference", "default"),
        cdr("Park", "2200001", "park", "features"),
        cdr("Menu", "013900000002", "ivr", "public"),
        cdr("Service", "2200001", "*98", "default"),
        cdr("Uri", "2200001", "sip:1001@example.net", "default"),
        cdr("Hidden", "anonymous", "01088886666", "default"),
    ]
    found = read(tmp_path, b"".join(lines), "freeswitch")
    start = "2026-03-01 10:00:05"
    assert found.records == [
        (1, "2200001", "01088886666", None, None, start, 61, 16),
        (2, "013900000001", "2200001", "public", None, start, 61, 16),
        (3, "2200001", "4411426", None, None, start, 61, 16),
        (4, "2200002", "4411426", None, None, start, 61, 16),
        (5, "2200002", "4411427", None, None, start, 61, 16),
        (6, "2200003", "4411426", None, None, start, 61, 16),
        (7, "", "2200001", "public", None, start, 61, 16),
        (8, "", "2200002", "public", None, start, 61, 16),
        (11, "013900000002", "", "public", None, start, 61, 16),
        (12, "2200001", "*98", None, None, start, 61, 16),
    ]
    # The third record stands on two lines, so the ones after it stand a line later than their number.
    assert found.malformed == [(14, "called_number", "is not a valid number"), (15, "calling_number", "is empty")]
    assert sorted(found.no_calls) == [10, 11]
    assert found.payers == {}


def test_with_both_legs_written_the_callers_counts(tmp_path: Path) -> None:
    def leg(uuid: str, other: str, called: str = "2200002", caller: str = "2200001", context: str = "default") -> bytes:
        line = cdr("Desk", caller, called, context, "2200001")
        return line.replace(f'"u-{caller}-{called}",""'.encode(), f'"{uuid}","{other}"'.encode())

    lines = [
        leg("b1", ""),  # the called side hangs up first, so its record is before the caller's
        leg("a1", "b1"),
        leg("b2", "").replace(b"NORMAL_CLEARING", b"LOSE_RACE"),  # of two telephones that rang the other answered
        leg("a2", "b3", "0108", context="public", caller="anonymous"),
        leg("b3", "", "0108"),
        leg(
            "a3", "", "0109", caller="anonymous"
        ),  # no record names it: a call; who withholds his number has an account code
    ]
    found = read(tmp_path, b"".join(lines), "freeswitch")
    assert [(row[0], row[1], row[2], row[3]) for row in found.records] == [
        (2, "2200001", "2200002", None),
        (4, "", "0108", "public"),
        (6, "2200001", "0109", None),
    ]
    assert found.no_calls == {
        1: "ignored: the called side of a call (legs = ab)",
        3: "ignored: a telephone that rang in vain, another answered (legs = ab)",
        5: "ignored: the called side of a call (legs = ab)",
    }
    assert (found.malformed, found.in_one_pass) == ([], True)


def side(
    uuid: str,
    other: str,
    called: str,
    answered: str,
    ended: str,
    seconds: int,
    caller: str = "2200001",
    start: str = "10:00:00",
) -> bytes:
    """A record of one side of a call on 1 March."""
    return (
        f'"Desk","{caller}","{called}","default","2026-03-01 {start}","2026-03-01 {answered}","2026-03-01 {ended}","70","{seconds}",'
        f'"NORMAL_CLEARING","{uuid}","{other}","2200001","PCMA","PCMA"\n'
    ).encode()


UNKNOWN_SIDE = (
    "is empty, and another record has its numbers and times: they may be two sides of one call; "
    "set legs to a in cdr_csv.conf.xml"
)


def test_two_sides_of_a_call_that_no_uuid_ties_together_are_set_aside(tmp_path: Path) -> None:
    lines = [
        # a second apart in their length: one call of 61 or of 60 s
        side("b1", "", "01088886666", "10:00:05", "10:01:05", 60),
        side("a1", "", "01088886666", "10:00:05", "10:01:06", 61),
        # a second apart in their answer; the called side lacks the 9 that the dialplan strips
        side("b2", "", "051247980812", "11:00:04", "11:01:05", 61, start="11:00:01"),
        side("a2", "", "9051247980812", "11:00:05", "11:01:05", 60, start="11:00:00"),
        # two calls to one number at one time, of which each has its own times
        side("a3", "", "4411426", "12:00:05", "12:05:05", 300, start="12:00:00"),
        side("a4", "", "4411426", "12:00:09", "12:03:09", 180, start="12:00:02"),
        # alike in all that is charged: one counts, the other is its duplicate
        side("b5", "", "4411427", "13:00:05", "13:01:06", 61, start="13:00:00"),
        side("a5", "", "4411427", "13:00:05", "13:01:06", 61, start="13:00:00"),
        # not answered: nothing is charged
        side("a6", "", "4411428", "", "14:00:20", 0, start="14:00:00").replace(b'"2026-03-01 "', b'""'),
        side("b6", "", "4411428", "", "14:00:20", 0, start="14:00:01").replace(b'"2026-03-01 "', b'""'),
    ]
    found = read(tmp_path, b"".join(lines), "freeswitch")
    assert [row[0] for row in found.records] == [5, 6, 7, 8, 9, 10]
    assert found.malformed == [(line, "bleg_uuid", UNKNOWN_SIDE) for line in (1, 2, 3, 4)]
    assert found.no_calls == {}


def test_a_side_that_is_left_over_from_a_transfer_is_set_aside(tmp_path: Path) -> None:
    lines = [
        # 2200001 was put through to 2200002 for 30 s, then to 2200003 until 10:05: the caller's record names the second alone
        side("b1", "", "2200002", "10:00:05", "10:00:35", 30),
        side("b2", "", "2200003", "10:00:40", "10:05:05", 265),
        side("a1", "b2", "2200003", "10:00:05", "10:05:05", 300),
        # a call of another time, and one to an application that has no other side
        side("a2", "b3", "01088886666", "11:00:05", "11:01:06", 61, start="11:00:00"),
        side("b3", "", "01088886666", "11:00:05", "11:01:06", 61, start="11:00:00"),
        side("a3", "", "4000", "12:00:05", "12:01:06", 61, start="12:00:00"),
    ]
    found = read(tmp_path, b"".join(lines), "freeswitch")
    assert [(row[0], row[2], row[6]) for row in found.records] == [
        (3, "2200003", 300),
        (4, "01088886666", 61),
        (6, "4000", 61),
    ]
    assert found.malformed == [(1, "bleg_uuid", UNKNOWN_SIDE)]
    assert sorted(found.no_calls) == [2, 5]
