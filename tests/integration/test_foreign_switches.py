"""Three switches that write their own formats, delivered, run once, and rated: every figure is worked out by hand.

AST1 is an Asterisk, HW1 writes iGWB bills, NGCP1's file says another count than it has. Names are as such switches give them.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.ingestion.test_huawei_igwb import NO_TRUNK, record
from tests.ingestion.test_sipwise_ngcp import LINES, export
from tests.robustness.branch import Branch, new_branch

SOURCES = """
sources:
  - {name: ast, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/ast", switch_id: AST1, format: asterisk,
     pattern: "Master-{date:YYYY-MM-DD}-{sequence}.csv"}
  - {name: hw, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/hw", switch_id: HW1, format: huawei_igwb,
     pattern: "b{sequence}_{date:YYYYMMDD}.dat"}
  - {name: ngcp, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/ngcp", switch_id: NGCP1, format: sipwise_ngcp,
     pattern: "sipwise_007_{date:YYYYMMDDhhmmss}_{sequence:10}.cdr"}
  - {name: customers, kind: customers, url: "file:${TOLLHOUSE_HOME}/inbox/customers", format: canonical,
     pattern: "{table}_{date:YYYYMMDD}.csv"}
"""
ASTERISK = (
    '"","{a}","{b}","internal","","PJSIP/{a}-01","PJSIP/{b}-02","Dial","","2026-03-02 {t}",{answer},"2026-03-02 12:00:00",'
    '99,{seconds},"{outcome}","DOCUMENTATION"'
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch after its one run."""
    branch = new_branch(tmp_path_factory.mktemp("foreign") / "home")
    branch.add("switches", "AST1,EX1,asterisk,", "HW1,EX1,huawei_igwb,", "NGCP1,EX1,sipwise_ngcp,")
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
    branch.deliver_exports()
    typed = branch.tollhouse("run", TOLLHOUSE_SOURCES=str(sources))
    assert typed.exit_code == 0, typed.message
    return branch


def test_every_record_ends_in_one_state(ran: Branch) -> None:
    assert ran.states() == {
        # the last line repeats the first: same numbers, start and duration
        "Master-2026-03-02-7.csv": {"malformed": 1, "duplicate": 1, "not_answered": 1, "rated": 1},
        "b00000815_20260302.dat": {"malformed": 1, "rated": 2},
        "sipwise_007_20260301235900_0000000042.cdr": {"held": 3},
    }


def test_the_calls_cost_what_their_tariffs_say(ran: Branch) -> None:
    # Residential local 0.10 a begun minute: 61 s are 0.20, 1 s is 0.10. Business national 0.40: 60.01 s are 61 s, 0.80.
    columns = "switch_id, calling_number, called_number, strftime(started_at, '%H:%M:%S'), duration_seconds, amount"
    assert ran.mart("rated_calls", columns) == [
        ("AST1", "2200001", "2200002", "10:00:05", 61, Decimal("0.20")),
        ("HW1", "2200001", "2200002", "11:00:00", 1, Decimal("0.10")),
        ("HW1", "2200002", "01088886666", "11:00:00", 61, Decimal("0.80")),
    ]


def test_a_count_that_disagrees_holds_the_file_and_names_the_difference(ran: Branch) -> None:
    assert ran.files()["sipwise_007_20260301235900_0000000042.cdr"] == (
        "held",
        "the header says 4 records, the file has 3",
    )
    declared = dict(ran.mart("file_reconciliation", "file_name, declared_records"))
    assert declared["sipwise_007_20260301235900_0000000042.cdr"] == 4
