"""Asterisk's cdr_csv and cdr_custom: lines as Asterisk writes them (cdr/cdr_csv.c, cdr_custom.conf.sample), read by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingestion.cdr.foreign import read

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
        (3, "started_at", "answer or start is not a valid time %Y-%m-%d %H:%M:%S"),
        (4, "duration_seconds", "billsec gives no duration"),
        (5, "line", "has 3 columns instead of 16 to 21"),
        (6, "line", "is not a valid line of CSV: the quote of field 3 does not end where the field does"),
        (8, "line", "is not a valid line of CSV: the quote of field 12 does not end where the field does"),
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


def cdr(
    src: str,
    dst: str,
    channel: str,
    second: str,
    began: str,
    answered: str = "",
    seconds: int = 0,
    outcome: str = "",
    linked: str = "",
    **more: str,
) -> str:
    """A line with newcdrcolumns: the start and the answer as hh:mm:ss of 1 March, an answered call where there is an answer."""
    start, answer = f"2026-03-01 {began}", f"2026-03-01 {answered}" if answered else ""
    outcome = outcome or ("ANSWERED" if answered else "NO ANSWER")
    return (
        f'"{more.get("account", "")}","{src}","{dst}","{more.get("context", "from-internal")}","""x"" <{src}>","{channel}",'
        f'"{second}","{more.get("application", "Dial")}","","{start}","{answer}","{start}",9,{seconds},"{outcome}","DOCUMENTATION",'
        f'"{linked}","","","{linked}",0'
    )


TRUNK, DESK = "PJSIP/trunk1-0000000a", "PJSIP/2200001-0000000b"


def test_every_kind_of_record_of_the_cdr_specification(tmp_path: Path) -> None:
    """Hand-made by "CDR Specification": what each kind is stands beside it."""
    local = "Local/01088886666@from-internal-00000001"
    lines = [
        # a ring group: one call comes in and rings three telephones, the second answers after 4 s for 30 s
        cdr("013900000001", "2200001", TRUNK, "PJSIP/101-01", "10:00:00", linked="1.1"),
        cdr("013900000001", "2200001", TRUNK, "PJSIP/102-02", "10:00:00", "10:00:04", 30, linked="1.1"),
        cdr("013900000001", "2200001", TRUNK, "PJSIP/103-03", "10:00:00", linked="1.1"),
        # nobody answers: the first counts
        cdr("013900000002", "2200001", "PJSIP/trunk1-0c", "PJSIP/101-04", "10:05:00", linked="2.1"),
        cdr("013900000002", "2200001", "PJSIP/trunk1-0c", "PJSIP/102-05", "10:05:00", outcome="BUSY", linked="2.1"),
        # an outgoing call: the first route is full, the second answers
        cdr("2200001", "01088886666", DESK, "PJSIP/trunk1-06", "10:10:00", outcome="CONGESTION", linked="3.1"),
        cdr("2200001", "01088886666", DESK, "PJSIP/trunk2-07", "10:10:02", "10:10:09", 61, linked="3.1"),
        # the dialplan goes on after the call
        cdr("2200001", "h", DESK, "", "10:11:10", "10:11:10", 1, linked="3.1", application="Hangup"),
        # an incoming call to the menu: s is the extension in which it ended
        cdr("013900000003", "s", "PJSIP/trunk1-0d", "", "10:15:00", "10:15:00", 12, linked="4.1", application="BackGround"),
        cdr("013900000004", "t", "PJSIP/trunk1-0e", "", "10:16:00", "10:16:00", 20, linked="5.1", application="WaitExten"),
        # withheld callers
        cdr("anonymous", "2200001", "PJSIP/trunk1-0f", DESK, "10:17:00", "10:17:01", 5, linked="6.1"),
        cdr("", "2200001", "PJSIP/trunk1-10", DESK, "10:18:00", "10:18:01", 6, linked="7.1"),
        # a telephone calls its voicemail; another a conference
        cdr("2200001", "vmail", DESK, "", "10:19:00", "10:19:00", 7, linked="8.1", application="VoiceMailMain"),
        cdr("2200002", "STARTMEETME", DESK, "", "10:20:00", "10:20:00", 8, linked="9.1", application="ConfBridge"),
        # 2200002 forwards to 01088886666: the call comes in, goes to the Local channel, and out of its other end
        cdr("013900000005", "2200002", "PJSIP/trunk1-11", f"{local};1", "10:25:00", "10:25:06", 40, linked="10.1"),
        cdr("013900000005", "01088886666", f"{local};2", "PJSIP/trunk2-12", "10:25:01", "10:25:06", 40, linked="10.1"),
        # the same with an account code on the telephone that forwards
        cdr("2200003", "2200004", "PJSIP/2200003-13", "Local/1390@x-02;1", "10:30:00", "10:30:05", 20, linked="11.1"),
        cdr("2200003", "01390", "Local/1390@x-02;2", "PJSIP/trunk1-14", "10:30:01", "10:30:05", 20, linked="11.1", account="2200005"),
        # a Local channel within the house
        cdr("013900000006", "101", "Local/101@x-03;2", "PJSIP/101-15", "10:35:00", "10:35:02", 9, linked="12.1"),
        # in over one trunk and out over another: transit, unless an account is to pay
        cdr("013900000007", "01077", "PJSIP/trunk1-16", "PJSIP/trunk2-17", "10:40:00", "10:40:03", 11, linked="13.1"),
        cdr("013900000008", "01078", "PJSIP/trunk1-18", "PJSIP/trunk2-19", "10:41:00", "10:41:03", 12, linked="14.1", account="2200006"),
        # a service code; and put through to the voicemail of a number
        cdr("2200001", "*21", DESK, "", "10:42:00", "10:42:00", 3, linked="15.1"),
        cdr("2200001", "vmu2200002", DESK, "PJSIP/2200002-1a", "10:43:00", "10:43:02", 4, linked="16.1"),
        # the called side transfers: the caller's channel goes on, both parts were conversations
        cdr("013900000009", "2200001", "PJSIP/trunk1-1b", "PJSIP/101-1c", "10:45:00", "10:45:02", 30, linked="17.1"),
        cdr("013900000009", "102", "PJSIP/trunk1-1b", "PJSIP/102-1d", "10:45:32", "10:45:32", 15, linked="17.1"),
        # an account code on an ordinary call changes nothing
        cdr("2200001", "01088886666", DESK, "PJSIP/trunk1-1e", "10:50:00", "10:50:04", 61, linked="18.1", account="2200009"),
    ]  # fmt: skip
    found = read(tmp_path, "\n".join(lines) + "\n", "asterisk")
    assert found.records == [
        (2, "013900000001", "2200001", "trunk1", None, "2026-03-01 10:00:04", 30, 16),
        (4, "013900000002", "2200001", "trunk1", None, "2026-03-01 10:05:00", 0, 19),
        (7, "2200001", "01088886666", None, "trunk2", "2026-03-01 10:10:09", 61, 16),
        (9, "013900000003", "", "trunk1", None, "2026-03-01 10:15:00", 12, 16),
        (10, "013900000004", "", "trunk1", None, "2026-03-01 10:16:00", 20, 16),
        (11, "", "2200001", "trunk1", None, "2026-03-01 10:17:01", 5, 16),
        (12, "", "2200001", "trunk1", None, "2026-03-01 10:18:01", 6, 16),
        (15, "013900000005", "2200002", "trunk1", None, "2026-03-01 10:25:06", 40, 16),
        (16, "013900000005", "01088886666", None, "trunk2", "2026-03-01 10:25:06", 40, 16),
        (17, "2200003", "2200004", None, None, "2026-03-01 10:30:05", 20, 16),
        (18, "2200003", "01390", None, "trunk1", "2026-03-01 10:30:05", 20, 16),
        (20, "013900000007", "01077", "trunk1", "trunk2", "2026-03-01 10:40:03", 11, 16),
        (21, "013900000008", "01078", "trunk1", "trunk2", "2026-03-01 10:41:03", 12, 16),
        (22, "2200001", "*21", None, None, "2026-03-01 10:42:00", 3, 16),
        (23, "2200001", "2200002", None, None, "2026-03-01 10:43:02", 4, 16),
        (24, "013900000009", "2200001", "trunk1", None, "2026-03-01 10:45:02", 30, 16),
        (25, "013900000009", "102", "trunk1", None, "2026-03-01 10:45:32", 15, 16),
        (26, "2200001", "01088886666", None, "trunk1", "2026-03-01 10:50:04", 61, 16),
    ]
    # 2200002 was dialled before the first forwarding; the others have an account code.
    assert found.payers == {16: "2200002", 18: "2200005", 21: "2200006"}
    assert sorted(found.no_calls) == [1, 3, 5, 6, 8, 13, 14, 19]
    assert found.no_calls[8] == "ignored: the dialplan after the call (extension h)"
    assert "of which line 2 counts" in found.no_calls[1]
    assert found.malformed == []
    assert found.in_one_pass


def test_a_leg_whose_duration_cannot_be_read_is_set_aside_and_never_ignored(tmp_path: Path) -> None:
    answered = cdr("013900000001", "2200001", TRUNK, "PJSIP/102-02", "10:00:00", "10:00:04", 30, linked="1.1")
    found = read(tmp_path, f"{answered}\n{answered.replace(',30,', ',x30,')}\n", "asterisk")
    assert [record[0] for record in found.records] == [1]
    assert found.malformed == [(2, "duration_seconds", "billsec gives no duration")]
    assert found.no_calls == {}


def test_the_custom_mapping_knows_the_legs_of_a_call_by_its_channel(tmp_path: Path) -> None:
    line = (
        '"","anonymous","{dst}","x","PJSIP/trunk1-0a","{second}","Dial","","2026-03-01 10:00:00","{answer}",'
        '"2026-03-01 10:01:00","60","{seconds}","{outcome}","DOCUMENTATION","","1772330400.{call}","",1'
    )
    lines = [
        line.format(dst="2200001", second="PJSIP/101-1", answer="", seconds="0", outcome="NO ANSWER", call=1),
        line.format(dst="2200001", second="PJSIP/102-2", answer="2026-03-01 10:00:05", seconds="50.2", outcome="ANSWERED", call=1),
        line.format(dst="s", second="", answer="2026-03-01 10:00:01", seconds="3", outcome="ANSWERED", call=2),
        line.format(dst="h", second="", answer="2026-03-01 10:00:05", seconds="0", outcome="ANSWERED", call=2),
    ]  # fmt: skip
    found = read(tmp_path, "\n".join(lines) + "\n", "asterisk_custom")
    assert found.records == [
        (2, "", "2200001", "trunk1", None, "2026-03-01 10:00:05", 51, 16),
        (3, "", "", "trunk1", None, "2026-03-01 10:00:01", 3, 16),
    ]
    assert sorted(found.no_calls) == [1, 4]


def test_who_hands_a_call_on_and_what_the_switch_does_by_itself(tmp_path: Path) -> None:
    """Transfers to the outside, withheld callers, parking, conferences and monitors, by "CDR Specification"."""
    local, trunk = "Local/01077@x-09", "PJSIP/Trunk-out.2-2a"
    lines = [
        # 2200001 answers, asks 01088886666 (who answers) and joins the two
        cdr("013900000001", "2200001", TRUNK, DESK, "10:00:00", "10:00:04", 30, linked="1.1"),
        cdr("2200001", "01088886666", "PJSIP/2200001-21", "PJSIP/trunk2-22", "10:00:10", "10:00:14", 20, linked="1.2"),
        cdr("013900000001", "01088886666", TRUNK, "PJSIP/trunk2-22", "10:00:34", "10:00:34", 61, linked="1.1"),
        # 2200002 answers and transfers at once: the caller's channel calls the outside
        cdr("013900000002", "2200002", "PJSIP/trunk1-23", "PJSIP/desk7-24", "10:05:00", "10:05:04", 5, linked="2.1"),
        cdr("013900000002", "01077777777", "PJSIP/trunk1-23", trunk, "10:05:09", "10:05:12", 62, linked="2.1"),
        # nobody at 2200003 answers, and the dialplan goes on with another trunk under the same number: what it called is not told
        cdr("013900000003", "2200003", "PJSIP/trunk1-25", "PJSIP/desk8-26", "10:10:00", linked="3.1"),
        cdr("013900000003", "2200003", "PJSIP/trunk1-25", trunk, "10:10:20", "10:10:22", 63, linked="3.1"),
        # a withheld caller whom 2200004 forwards; a telephone of the switch that withholds its number
        cdr("Anonymous", "2200004", "PJSIP/trunk1-27", f"{local};1", "10:15:00", "10:15:06", 40, linked="4.1"),
        cdr("Anonymous", "01077777777", f"{local};2", trunk, "10:15:01", "10:15:06", 40, linked="4.1"),
        cdr("anonymous", "01077777777", "PJSIP/desk9-28", trunk, "10:16:00", "10:16:05", 41, linked="5.1", account="2200005"),
        cdr("No caller id", "2200001", "PJSIP/trunk1-29", DESK, "10:17:00", "10:17:05", 42, linked="6.1"),
        # a parked call is fetched; a conference room, its menu of voicemail, a test; a trunk in the conference is traffic
        cdr("2200001", "701", DESK, "PJSIP/trunk1-29", "10:20:00", "10:20:00", 43, linked="7.1", application="ParkedCall"),
        cdr("2200001", "8000", DESK, "PJSIP/2200002-2b", "10:21:00", "10:21:00", 44, linked="8.1", application="ConfBridge"),
        cdr("2200001", "97", DESK, "", "10:22:00", "10:22:00", 45, linked="9.1", application="VoiceMailMain"),
        cdr("2200001", "99", DESK, "", "10:23:00", "10:23:00", 46, linked="10.1", application="Echo"),
        cdr("013900000004", "8000", "PJSIP/trunk1-2c", "", "10:24:00", "10:24:00", 47, linked="11.1", application="ConfBridge"),
        cdr("", "s", "CBAnn/8000-2d;2", "", "10:24:00", "10:24:00", 48, linked="11.2"),
        cdr("2200001", "2200002", "Snoop/2200001-2e", "", "10:25:00", "10:25:00", 49, linked="12.1"),
        # voicemail takes a call that 2200002 did not answer: a conversation with 2200002's number
        cdr("2200001", "2200002", DESK, "", "10:26:00", "10:26:00", 50, linked="13.1", application="VoiceMail"),
    ]  # fmt: skip
    found = read(tmp_path, "\n".join(lines) + "\n", "asterisk")
    assert [(row[0], *row[1:5], row[6]) for row in found.records] == [
        (1, "013900000001", "2200001", "trunk1", None, 30),
        (2, "2200001", "01088886666", None, "trunk2", 20),
        (3, "013900000001", "01088886666", "trunk1", "trunk2", 61),
        (4, "013900000002", "2200002", "trunk1", None, 5),
        (5, "013900000002", "01077777777", "trunk1", "Trunk-out.2", 62),
        (7, "013900000003", "2200003", "trunk1", "Trunk-out.2", 63),
        (8, "", "2200004", "trunk1", None, 40),
        (9, "2200004", "01077777777", None, "Trunk-out.2", 40),
        (10, "2200005", "01077777777", None, "Trunk-out.2", 41),
        (11, "", "2200001", "trunk1", None, 42),
        (16, "013900000004", "8000", "trunk1", None, 47),
        (19, "2200001", "2200002", None, None, 50),
    ]
    assert found.payers == {3: "2200001", 5: "2200002", 9: "2200004"}
    assert sorted(found.no_calls) == [6, 12, 13, 14, 15, 17, 18]
    assert (found.malformed, found.in_one_pass) == ([], True)


def test_an_outgoing_call_that_is_transferred_stays_one_of_its_caller(tmp_path: Path) -> None:
    """The trunk's channel, which a telephone had dialled, is the first of the record after the transfer."""
    out, other = "PJSIP/trunk1-0000002a", "PJSIP/trunk2-0000002b"
    lines = [
        # 2200001 talks for 30 s, and hands 01088886666 on to 2200003, who talks for 26 s; then it waits 9 s in a room
        cdr("2200001", "01088886666", DESK, out, "10:00:00", "10:00:05", 30, linked="1.1"),
        cdr("01088886666", "2200003", out, "PJSIP/2200003-31", "10:00:35", "10:00:40", 26, linked="1.1"),
        cdr("01088886666", "8000", out, "", "10:01:06", "10:01:06", 9, linked="1.1", application="ConfBridge"),
        # 2200002 hands a call on to the outside: two calls in one record
        cdr("2200002", "01077777777", "PJSIP/2200002-32", other, "11:00:00", "11:00:05", 30, linked="2.1"),
        cdr("01077777777", "013900000001", other, "PJSIP/trunk1-33", "11:00:35", "11:00:40", 26, linked="2.1"),
        # who withholds his number has dialled out all the same
        cdr("anonymous", "01066666666", "PJSIP/desk-34", "PJSIP/trunk1-35", "12:00:00", "12:00:05", 30, linked="3.1", account="2200004"),
        cdr("01066666666", "2200003", "PJSIP/trunk1-35", "PJSIP/2200003-36", "12:00:35", "12:00:40", 26, linked="3.1"),
        # calls that came in over channels named like it, after a restart of Asterisk, and over another one
        cdr("013900000007", "2200003", out, "PJSIP/2200003-02", "12:50:00", "12:50:05", 25, linked="1.9"),
        cdr("01088886666", "2200003", "PJSIP/trunk1-37", "PJSIP/2200003-38", "13:00:00", "13:00:05", 27, linked="4.1"),
    ]  # fmt: skip
    found = read(tmp_path, "\n".join(lines) + "\n", "asterisk")
    assert [(row[0], *row[1:5], row[6]) for row in found.records] == [
        (1, "2200001", "01088886666", None, "trunk1", 30),
        (2, "2200001", "01088886666", None, "trunk1", 26),
        (3, "2200001", "01088886666", None, "trunk1", 9),
        (4, "2200002", "01077777777", None, "trunk2", 30),
        (6, "2200004", "01066666666", None, "trunk1", 30),
        (8, "013900000007", "2200003", "trunk1", None, 25),
        (9, "01088886666", "2200003", "trunk1", None, 27),
    ]
    assert [(number, field) for number, field, _ in found.malformed] == [(5, "dstchannel"), (7, "calling_number")]
    assert (found.payers, found.no_calls) == ({}, {})
