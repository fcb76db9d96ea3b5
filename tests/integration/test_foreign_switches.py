"""Switches that write their own formats, delivered, run once, and rated: every figure is worked out by hand.

AST1 is an Asterisk, HW1 writes iGWB bills, NGCP1's file says another count than it has; the others bring a call of each state, and one
that is forwarded where the vendor says so. Names are as such switches give them.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.ingestion.cdr.switches import test_avaya_ip_office as avaya
from tests.ingestion.cdr.switches import test_freeswitch as freeswitch
from tests.ingestion.cdr.switches import test_nec_smdr as nec
from tests.ingestion.cdr.switches import test_panasonic_smdr as panasonic
from tests.ingestion.cdr.switches import test_threecx as threecx
from tests.ingestion.cdr.switches.test_huawei_igwb import NO_TRUNK, record
from tests.ingestion.cdr.switches.test_sipwise_ngcp import LINES, export
from tests.robustness.branch import Branch, new_branch

SOURCES = """
sources:
  - {name: ast, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/ast", switch_id: AST1, format: asterisk,
     pattern: "Master-{date:YYYY-MM-DD}-{sequence}.csv"}
  - {name: hw, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/hw", switch_id: HW1, format: huawei_igwb,
     pattern: "b{sequence}_{date:YYYYMMDD}.dat"}
  - {name: ngcp, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/ngcp", switch_id: NGCP1, format: sipwise_ngcp,
     pattern: "sipwise_007_{date:YYYYMMDDhhmmss}_{sequence:10}.cdr"}
  - {name: ava, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/ava", switch_id: AVA1, format: avaya_ip_office,
     pattern: "smdr_{date:YYYYMMDD}_{sequence}.csv"}
  - {name: cucm, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/cucm", switch_id: CUCM1, format: cisco_cucm,
     pattern: "cdr_StandAloneCluster_01_{date:YYYYMMDDhhmm}_{sequence}"}
  - {name: fs, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/fs", switch_id: FS1, format: freeswitch,
     pattern: "Master.csv.{date:YYYY-MM-DD}-{sequence}"}
  - {name: nec, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/nec", switch_id: NEC1, format: nec_smdr,
     pattern: "nec_{date:YYYYMMDD}_{sequence}.txt"}
  - {name: pan, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/pan", switch_id: PAN1, format: panasonic_smdr,
     pattern: "pan_{date:YYYYMMDD}_{sequence}.txt"}
  - {name: tcx, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/tcx", switch_id: TCX1, format: threecx,
     pattern: "cdr_{date:YYYYMMDD}_{sequence}.log"}
  - {name: customers, kind: customers, url: "file:${TOLLHOUSE_HOME}/inbox/customers", format: canonical,
     pattern: "{table}_{date:YYYYMMDD}.csv"}
"""
SWITCHES = {
    "AST1": "asterisk",
    "AVA1": "avaya_ip_office",
    "CUCM1": "cisco_cucm",
    "FS1": "freeswitch",
    "HW1": "huawei_igwb",
    "NEC1": "nec_smdr",
    "NGCP1": "sipwise_ngcp",
    "PAN1": "panasonic_smdr",
    "TCX1": "threecx",
}
ASTERISK = (
    '"","{a}","{b}","internal","","PJSIP/{a}-01","PJSIP/{b}-02","Dial","","2026-03-02 {t}",{answer},"2026-03-02 12:00:00",'
    '99,{seconds},"{outcome}","DOCUMENTATION"'
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch after its one run."""
    branch = new_branch(tmp_path_factory.mktemp("foreign") / "home")
    branch.add("switches", *(f"{switch},EX1,{form}," for switch, form in SWITCHES.items()))
    branch.add("trunk_groups", "TG12,EX1,both,Carrier,30")
    sources = Path(branch.home) / "sources.yml"
    sources.write_text(SOURCES)
    answered = ASTERISK.format(
        a="2200001", b="2200002", t="10:00:00", answer='"2026-03-02 10:00:05"', seconds=61, outcome="ANSWERED"
    )
    not_answered = ASTERISK.format(a="2200001", b="2200002", t="10:05:00", answer="", seconds=0, outcome="NO ANSWER")
    branch.deliver("ast", "Master-2026-03-02-7.csv", f"{answered}\n{not_answered}\nlost,in,the,middle\n{answered}\n")
    day = (26, 3, 2, 11, 0, 0)
    records = [
        record(1, answered=day, caller="2200002", called="01088886666", trunks=(NO_TRUNK, 12), duration=6_001),
        record(2, answered=day, caller="2200001", called="2200002", duration=100),
    ]
    branch.deliver("hw", "b00000815_20260302.dat", b"".join(records) + records[0][:50])
    branch.deliver("ngcp", "sipwise_007_20260301235900_0000000042.cdr", export(LINES, count=4))
    deliver_vendors(branch)
    branch.deliver_exports()
    typed = branch.tollhouse("run", TOLLHOUSE_SOURCES=str(sources))
    assert typed.exit_code == 0, typed.message
    return branch


def deliver_vendors(branch: Branch) -> None:
    """A file of each of the other vendors, of 2 March; 01012345678 is national. CUCM's name says 16:35 UTC of the day before."""
    desk, line = avaya.DESK, avaya.LINE
    smdr = [
        avaya.smdr("10:00:00", "00:00:00", 9, "013900000001", "I", "201", "2200001", 0, 1, 0, desk, line),
        avaya.smdr("10:01:00", "00:00:30", 7, "013900000002", "I", "201", "2200001", 0, 2, 0, desk, line),
        avaya.smdr("10:03:00", "00:01:01", 4, "2200001", "O", "01012345678", "01012345678", 0, 4, 0, desk, line),
        avaya.smdr("10:08:00", "00:00:20", 0, "2200001", "O", "VoiceMail", "*17", 1, 8, 0, desk, "V9051,VM Channel 1"),
        avaya.smdr(
            "10:20:00",
            "00:00:10",
            5,
            "2200001",
            "O",
            "2200002",
            "2200002",
            0,
            14,
            0,
            desk,
            line,
            "U fu",
            "S",
            "01012345678",
        ),
    ]
    branch.deliver("ava", "smdr_20260302_1.csv", "".join(smdr).replace("2026/03/01", "2026/03/02"))
    # 1772382904 is 2 March 00:35:04 in Shanghai.
    names = "globalCallID_callManagerId,globalCallID_callId,dateTimeOrigination,callingPartyNumber,originalCalledPartyNumber,"
    names += "finalCalledPartyNumber,origCause_value,destCause_value,dateTimeConnect,lastRedirectDn,duration,origDeviceName,destDeviceName"
    cucm = [
        names,
        ",".join(["INTEGER"] * 13),
        "1,1,1772382900,2200001,2200002,01012345678,16,0,1772382904,2200002,67,SEP1,GW",
        "1,2,1772382900,b00217901001,2209981,2209981,16,0,1772382904,,67,SEP1,Recorder",
    ]
    branch.deliver("cucm", "cdr_StandAloneCluster_01_202603011635_1", "\n".join(cucm) + "\n")
    calls = [
        freeswitch.cdr('Jo "the boss"', "2200001", "2200002", "default"),
        freeswitch.cdr("", "anonymous", "2200001", "public"),
        freeswitch.cdr("Conf", "2200001", "conference", "default"),
    ]
    branch.deliver("fs", "Master.csv.2026-03-02-1", b"".join(calls).replace(b"2026-03-01", b"2026-03-02").decode())
    lines = [
        nec.PAGE,
        nec.COLUMNS,
        nec.smdr("POT", "10:10", "001", "00:01:00", "2200001", "01012345678"),
        nec.smdr("IVIN", "10:11", "001", "00:00:31", "2200001", ""),
    ]
    branch.deliver("nec", "nec_20260302_1.txt", "\r\n".join(lines) + "\r\n")
    branch.deliver(
        "pan", "pan_20260302_1.txt", "\r\n".join([panasonic.HEADING, panasonic.RULE, panasonic.INCOMING]) + "\r\n"
    )
    ringing = ("013900000002", "Ext.101"), ("10000", "101")
    moved = ("013900000004", "Ext.2200002"), ("10000", "2200002")
    log = [
        threecx.cdr(7, "00:00:00", "10:06:00", "", "NoAnswer", *ringing),
        threecx.cdr(7, "00:00:30", "10:06:00", "10:06:09", "TerminatedBySrc", *ringing),
        threecx.cdr(
            9, "00:00:11", "10:08:00", "10:08:03", "TerminatedBySrc", *moved, "ReplacedDst", ("01012345678", "10002")
        ),
    ]
    branch.deliver("tcx", "cdr_20260302_1.log", "".join(log).replace("2026/03/01", "2026/03/02"))


def test_every_record_ends_in_one_state(ran: Branch) -> None:
    assert ran.states() == {
        # the last line repeats the first: same numbers, start and duration
        "Master-2026-03-02-7.csv": {"malformed": 1, "duplicate": 1, "not_answered": 1, "rated": 1},
        "b00000815_20260302.dat": {"malformed": 1, "rated": 2},
        "sipwise_007_20260301235900_0000000042.cdr": {"held": 3},
        "smdr_20260302_1.csv": {"ignored": 1, "not_answered": 1, "not_charged": 1, "rated": 2},
        "cdr_StandAloneCluster_01_202603011635_1": {"ignored": 1, "rated": 1},
        "Master.csv.2026-03-02-1": {"ignored": 1, "not_charged": 1, "rated": 1},
        "nec_20260302_1.txt": {"ignored": 2, "not_charged": 1, "rated": 1},
        "pan_20260302_1.txt": {"ignored": 2, "not_charged": 1},
        "cdr_20260302_1.log": {"ignored": 1, "not_charged": 1, "rated": 1},
    }


def test_the_calls_cost_what_their_tariffs_say(ran: Branch) -> None:
    # Residential local 0.10 a begun minute: 61 s are 0.20, 1 s is 0.10; national 0.30. Business national 0.40: 60.01 s are 61 s, 0.80.
    # What 2200002 (A2, business) forwards it pays for, whoever called: 10 s and 11 s are 0.40, 67 s are 0.80.
    columns = "switch_id, calling_number, called_number, strftime(started_at, '%H:%M:%S'), duration_seconds, account_id, amount"
    assert sorted(ran.mart("rated_calls", columns)) == [
        ("AST1", "2200001", "2200002", "10:00:05", 61, "A1", Decimal("0.20")),
        ("AVA1", "2200001", "01012345678", "10:03:04", 61, "A1", Decimal("0.60")),
        ("AVA1", "2200001", "01012345678", "10:20:05", 10, "A2", Decimal("0.40")),
        ("CUCM1", "2200001", "01012345678", "00:35:04", 67, "A2", Decimal("0.80")),
        ("FS1", "2200001", "2200002", "10:00:05", 61, "A1", Decimal("0.20")),
        ("HW1", "2200001", "2200002", "11:00:00", 1, "A1", Decimal("0.10")),
        ("HW1", "2200002", "01088886666", "11:00:00", 61, "A2", Decimal("0.80")),
        ("NEC1", "2200001", "01012345678", "10:10:00", 60, "A1", Decimal("0.30")),
        ("TCX1", "013900000004", "01012345678", "10:08:03", 11, "A2", Decimal("0.40")),
    ]


def test_a_count_that_disagrees_holds_the_file_and_names_the_difference(ran: Branch) -> None:
    assert ran.files()["sipwise_007_20260301235900_0000000042.cdr"] == (
        "held",
        "the header says 4 records, the file has 3",
    )
    declared = dict(ran.mart("file_reconciliation", "file_name, declared_records"))
    assert declared["sipwise_007_20260301235900_0000000042.cdr"] == 4
