"""Calls whose times are instants, and days that count as others: a branch with summer time on a machine elsewhere, one run.

25 October 2026 is a Sunday: at 03:00 the clocks of Berlin go back to 02:00. Every figure is worked out by hand.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.robustness.branch import CDR_HEADER, SWITCH, Branch, cdr, new_branch

#: A switch that writes RFC 3339, names its files in UTC, and has records that are no calls and legs of one call.
ISO = """
name: iso
layout: delimited
delimiter: ";"
header: {lines: 1, records: {line: 1, pattern: '^N=([0-9]+)$'}}
fields: [call, kind, began, seconds, a, b, in, out]
times: {format: ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]}
date_zone: UTC
ignore: [{kind: [REG, TEST], why: no call}]
legs: call
record:
  calling_number: a
  called_number: b
  trunk_group_in: in
  trunk_group_out: out
  started_at: began
  duration_seconds: seconds
  release_cause: {constant: "16"}
"""
SOURCES = """
sources:
  - {name: iso, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/iso", switch_id: ISO1, format: FORMAT,
     pattern: "p_{date:YYYYMMDDhhmm}_{sequence}"}
  - {name: sw, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/cdr", format: canonical,
     pattern: "{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv"}
  - {name: customers, kind: customers, url: "file:${TOLLHOUSE_HOME}/inbox/customers", format: canonical,
     pattern: "{table}_{date:YYYYMMDD}.csv"}
"""
WEEK = 7 * 86_400
NATIONAL = "01012345678"


def _iso(*records: str) -> str:
    return f"N={len(records)}\n" + "".join(f"{record}\n" for record in records)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch after its one run."""
    branch = new_branch(tmp_path_factory.mktemp("instants") / "home")
    (branch.home / "iso.yml").write_text(ISO, encoding="utf-8")
    # The declaration is named by its path without .yml.
    (branch.home / "sources.yml").write_text(SOURCES.replace("FORMAT", str(branch.home / "iso")), encoding="utf-8")
    branch.add("switches", "ISO1,EX1,iso,")
    # Residential has no rows for holidays, business has. Saturday the 24th counts as a Sunday, Monday the 26th as a holiday.
    (branch.book / "holidays.csv").write_text(
        "holiday_date,name_zh,name_en,counts_as\n2026-10-24,甲,Make-up,7\n2026-10-26,乙,Feast,\n", encoding="utf-8"
    )
    branch.spoil("time_bands", "ALL_DAY,1234567,", "ALL_DAY,7,00:00,24:00,SUN\nALL_DAY,123456,")
    branch.add("time_bands", "FEASTS,7,00:00,24:00,SUN", "FEASTS,123456,00:00,24:00,ALL", "FEASTS,H,00:00,24:00,FEAST")
    branch.spoil("tariff_plans", "OFFICE,ALL_DAY", "OFFICE,FEASTS")
    branch.add(
        "tariff_rates",
        "HOME,NATIONAL,SUN,2015-01-01,,0,0,0.03,60,60",
        "OFFICE,NATIONAL,SUN,2015-01-01,,0,0,0.04,60,60",
        "OFFICE,NATIONAL,FEAST,2015-01-01,,0,0,0.02,60,60",
    )
    branch.spoil("gate_thresholds", "other_day,0.01,0.5", "other_day,0.01,")
    # 22:00 UTC is midnight on the 24th and 25th, 23:00 UTC on the 26th.
    branch.deliver(
        "iso",
        "p_202610242200_1",
        _iso(
            f"1;CALL;2026-10-24T21:59:30Z;60;2200001;{NATIONAL};;TG1",  # 23:59:30 of the 24th
            f"2;CALL;2026-10-25T02:30:00+02:00;60;2200001;{NATIONAL};;TG1",
            f"3;CALL;2026-10-25T02:30:00+01:00;60;2200001;{NATIONAL};;TG1",  # an hour later, on the same wall clock
            f"4;CALL;2026-10-25T01:30:00.250Z;60;2200001;{NATIONAL};;TG1",  # the same instant as the one before
            "5;REG;;;;;;",
            "6;CALL;2026-10-25T12:00:00Z;0;;2200001;TG1;",
            "6;CALL;2026-10-25T12:00:03Z;30;;2200001;TG1;",  # the withheld caller's call, answered by another telephone
        ),
    )
    branch.deliver("iso", "p_202610242230_2", _iso("7;TEST;x;x;;;;", "8;REG;;;;;;"))  # no call at all
    branch.deliver(
        "iso",
        "p_202610252259_3",
        _iso(f"9;CALL;2026-10-25T22:59:30Z;60;2200002;{NATIONAL};;TG1"),  # half on the Sunday, half on the feast
    )
    branch.deliver("iso", "p_202610252300_4", _iso(f"10;CALL;2026-10-25T23:00:00Z;60;2200001;{NATIONAL};;TG1"))
    week = [
        f"2200002,{NATIONAL},,TG1,2026-10-19 00:00:00,{WEEK},16",  # ends at the first second of the file's day
        f"2200002,{NATIONAL},,TG1,2026-10-19 00:00:00,{WEEK - 1},16",  # ends on the day before
        f"2200002,{NATIONAL},,TG1,2026-10-18 23:59:59,{WEEK},16",  # began more than seven days before
        f"2200002,{NATIONAL},,TG1,2026-10-26 00:00:00,{WEEK + 1},16",
        f"2200002,{NATIONAL},,TG1,2026-10-27 23:59:59,60,16",  # of the next day
        "2200001,2200002,TG1,,2026-10-26 09:00:00,60,16,(220) 0002",  # came in over a trunk, and 2200002 pays
        "2200001,2200002,,,2026-10-26 09:10:00,60,16,22OOOO2",
        ",2200002,TG1,TG1,2026-10-26 09:20:00,60,16,2200001",
        "2200001,2200002,,,2026-10-26 02:30:00,60,16",
        "2200001,2200002,,,2026-10-26 02:30:00,60,16",  # a wall clock alone: the same call
    ]
    content = cdr([line if line.count(",") == 7 else f"{line}," for line in week], f"{CDR_HEADER},charged_number")
    branch.deliver("cdr", f"{SWITCH}_20261026_000001.csv", content + "\x1a\0\0")
    branch.deliver_exports("20261020")
    typed = branch.tollhouse(
        "run",
        TOLLHOUSE_SOURCES=str(branch.home / "sources.yml"),
        TOLLHOUSE_TIME_ZONE="Europe/Berlin",
        TOLLHOUSE_TODAY="2026-10-28",
        TZ="Asia/Tokyo",
    )
    assert typed.exit_code == 0, typed.message
    return branch


def test_every_record_ends_in_one_state(ran: Branch) -> None:
    assert ran.states() == {
        "p_202610242200_1": {"ignored": 2, "duplicate": 1, "not_charged": 1, "rated": 3},
        "p_202610242230_2": {"ignored": 2},
        "p_202610252259_3": {"rated": 1},
        "p_202610252300_4": {"rated": 1},
        f"{SWITCH}_20261026_000001.csv": {"malformed": 2, "duplicate": 1, "other_day": 3, "rated": 4},
    }
    columns = "file_name, cast(file_date as varchar), declared_records, read_seconds"
    assert [row for row in sorted(ran.mart("file_reconciliation", columns)) if row[0].startswith("p_")] == [
        ("p_202610242200_1", "2026-10-25", 7, 60 * 4 + 30),
        ("p_202610242230_2", "2026-10-25", 2, 0),
        ("p_202610252259_3", "2026-10-25", 1, 60),
        ("p_202610252300_4", "2026-10-26", 1, 60),
    ]


def test_the_calls_cost_what_the_days_on_the_branchs_clock_say(ran: Branch) -> None:
    columns = (
        "file_name, record_number, account_id, cast(started_at as varchar), cast(started_at_utc as varchar), amount"
    )
    assert sorted(row for row in ran.mart("rated_calls", columns) if row[0].startswith("p_")) == [
        # The Saturday counts as a Sunday: 0.03 by begun minute.
        ("p_202610242200_1", 1, "A1", "2026-10-24 23:59:30", "2026-10-24 21:59:30", Decimal("0.03")),
        ("p_202610242200_1", 2, "A1", "2026-10-25 02:30:00", "2026-10-25 00:30:00", Decimal("0.03")),
        ("p_202610242200_1", 3, "A1", "2026-10-25 02:30:00", "2026-10-25 01:30:00", Decimal("0.03")),
        ("p_202610252259_3", 1, "A2", "2026-10-25 23:59:30", "2026-10-25 22:59:30", Decimal("0.04")),
        # The feast is a Monday for the plan that knows no holidays.
        ("p_202610252300_4", 1, "A1", "2026-10-26 00:00:00", "2026-10-25 23:00:00", Decimal("0.30")),
    ]
    file = f"{SWITCH}_20261026_000001.csv"
    assert sorted(row[1:] for row in ran.mart("rated_calls", columns) if row[0] == file) == [
        # Monday to Friday 7 200 minutes at 0.40, the Saturday that counts as a Sunday and the Sunday 2 880 at 0.04.
        (1, "A2", "2026-10-19 00:00:00", None, Decimal("2995.20")),
        (6, "A2", "2026-10-26 09:00:00", None, Decimal("0.20")),
        (8, "A1", "2026-10-26 09:20:00", None, Decimal("0.10")),
        (9, "A1", "2026-10-26 02:30:00", None, Decimal("0.10")),
    ]
    assert sorted(ran.mart("suspended_calls", "record_number, state")) == [
        (2, "other_day"),
        (3, "other_day"),
        (5, "other_day"),
    ]


def test_calls_an_hour_apart_do_not_overlap(ran: Branch) -> None:
    """2200002 is on the line for seven days; the two calls of 2200001 that show one time are an hour apart."""
    assert {row[0] for row in ran.mart("overlapping_calls", "calling_number")} == {"2200002"}
