"""Hand-worked traffic and numbering: the split at the hour, busy hours, Erlang-B, conflicts of numbers."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle import compute
from tests.oracle.traffic import circuits_needed, erlang_b
from tests.oracle_tests.conftest import NO_LIMITS


def test_erlang_b_of_the_tables() -> None:
    assert float(erlang_b(Fraction("20.337"), 30)) == pytest.approx(0.01, abs=0.00001)
    assert circuits_needed(Fraction("20.33")) == 30
    assert circuits_needed(Fraction("20.35")) == 31
    # By hand: 1 erlang on 2 circuits, (1/2) / (1 + 1 + 1/2) = 1/5.
    assert erlang_b(Fraction(1), 2) == Fraction(1, 5)
    assert circuits_needed(Fraction(0)) == 1
    # 1/101 on one circuit: (1/101) / (1 + 1/101) = 1/102; 1/99 is exactly 1 %.
    assert circuits_needed(Fraction(1, 99)) == 1
    assert circuits_needed(Fraction(1, 98)) == 2


def test_a_call_over_the_hour_is_split_to_the_second(branch: Any) -> None:
    branch.calls(
        "20260105",
        1,
        "0108888,5550001,T1,,2026-01-05 10:59:30,60,16",
        "5550001,0108888,,T1,2026-01-05 10:00:00,0,17",  # busy: effective, not answered
        "5550001,0108888,,T1,2026-01-05 10:00:01,0,34",  # no circuit
        "5550001,0108888,,T9,2026-01-05 10:00:02,0,34",  # a trunk group that the book does not know
    )
    marts = compute(branch.inbox, branch.book)
    hours = {(row["trunk_group_id"], row["direction"], row["hour"].hour): row for row in marts["trunk_traffic_hourly"]}
    assert set(hours) == {
        ("T1", "in", 10),
        ("T1", "in", 11),
        ("T1", "out", 10),
        ("T1", "total", 10),
        ("T1", "total", 11),
        ("T9", "out", 10),
        ("T9", "total", 10),
    }
    ten, eleven = hours["T1", "total", 10], hours["T1", "total", 11]
    assert (ten["seizures"], ten["answers"], ten["conversation_seconds"]) == (3, 1, 30)
    assert (ten["asr"], ten["ner"], ten["acd_seconds"]) == (Fraction(1, 3), Fraction(2, 3), 60)
    assert (eleven["seizures"], eleven["conversation_seconds"], eleven["asr"]) == (0, 30, None)
    assert ten["erlangs"] == Fraction(30, 3600) and ten["hour"] == datetime(2026, 1, 5, 10)
    days = {row["trunk_group_id"]: row for row in marts["trunk_traffic_daily"]}
    # 10 and 11 o'clock carry the same: the earlier is the busy hour.
    assert (days["T1"]["busy_hour"], days["T1"]["busy_hour_erlangs"]) == (10, Fraction(1, 120))
    assert (days["T1"]["circuits"], days["T1"]["utilisation"]) == (30, Fraction(1, 3600))
    assert (days["T9"]["busy_hour"], days["T9"]["circuits_needed"], days["T9"]["blocking"]) == (10, 1, None)


def test_a_call_over_midnight_counts_its_seconds_in_both_days(branch: Any) -> None:
    branch.owner()
    branch.calls(
        "20260105",
        1,
        "5550001,5550002,,T1,2026-01-05 23:59:00,180,16",
        "5550001,5550002,,T1,2026-01-05 08:00:00,150,16",
        "7770001,5550002,,,2026-01-05 08:00:00,10,16",
    )
    marts = compute(branch.inbox, branch.book)
    exchange = {row["date"]: row for row in marts["traffic_by_exchange"]}
    assert exchange[date(2026, 1, 5)]["conversation_seconds"] == 60 + 150 + 10
    assert (exchange[date(2026, 1, 6)]["seizures"], exchange[date(2026, 1, 6)]["conversation_seconds"]) == (0, 120)
    assert exchange[date(2026, 1, 5)]["acd_seconds"] == Fraction(340, 3)
    classes = {(row["customer_class"], row["date"].day): row["seizures"] for row in marts["traffic_by_customer_class"]}
    assert classes == {("residential", 5): 2, ("residential", 6): 0, ("unknown", 5): 1}
    (month,) = marts["trunk_traffic_monthly"]
    # Over the month hour 8 has 150 s, hour 0 has 120 s, hour 23 has 60 s; two days have traffic.
    assert (month["month"], month["busy_hour"], month["busy_hour_erlangs"]) == ("2026-01", 8, Fraction(150, 7200))


def test_held_malformed_and_duplicate_records_are_no_traffic(branch: Any) -> None:
    branch.write_table("gate_thresholds", NO_LIMITS)
    call = "5550001,5550002,,T1,2026-01-05 08:00:00,150,16"
    branch.calls("20260105", 1, call, call, "bad,,,,,,")
    held = branch.calls("20260105", 2, call.replace("08:", "09:"))
    branch.deliver("cdr/SW1", f"{held}.ctl", "records=9")
    (day,) = compute(branch.inbox, branch.book)["trunk_traffic_daily"]
    assert (day["seizures"], day["conversation_seconds"]) == (1, 150)


def test_conflicts_of_numbers(branch: Any) -> None:
    branch.calls("20260105", 1)
    branch.export(
        "service_numbers",
        "20260105",
        "5550001,A1,X1,,2025-01-01 00:00:00,2026-01-01 00:00:00",
        "5550001,A2,X1,,2026-01-01 00:00:00,",  # follows: no conflict
        "5550002,A1,X1,,2025-01-01 00:00:00,2026-01-01 00:00:01",
        "5550002,A2,X1,,2026-01-01 00:00:00,",
        "5560001,A1,X1,,2025-01-01 00:00:00,",  # in no range
        "55500011,A1,X1,,2025-01-01 00:00:00,",  # as text between the ends, but longer
    )
    branch.export(
        "number_orders",
        "20260105",
        "R1,5550003,O1,2026-01-01 10:00:00,open",
        "R2,5550003,O2,2026-01-02 10:00:00,open",  # two open orders, and O2 is of the other area
        "R3,5550003,O1,2026-01-03 10:00:00,done",
        "R4,5550004,O2,2026-01-03 10:00:00,cancelled",
        "R5,5550002,O1,2026-01-03 10:00:00,done",
        "R6,9990000,O1,2026-01-03 10:00:00,cancelled",
    )
    conflicts = compute(branch.inbox, branch.book)["number_conflicts"]
    assert [(row["service_number"], row["kind"], row["outlet_id"]) for row in conflicts] == [
        ("55500011", "number_outside_range", None),
        ("5550002", "double_assignment", "O1"),
        ("5550003", "double_order", "O2"),
        ("5550003", "number_other_area", "O2"),
        ("5560001", "number_outside_range", None),
    ]
