"""Hand-worked charges: the loop, the bands, the holidays, and what an unsound book leaves unrated."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle import compute
from tests.oracle.book import read_book
from tests.oracle.money import round_exact
from tests.oracle.rating import Tariffs, Unrated

RATES_HEADER = (
    "tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,"
    "increment_seconds\n"
)


def charge(branch: Any, plan_id: str, at: str, seconds: int, zone_id: str = "ZL") -> tuple[int, Fraction]:
    tariffs = Tariffs(read_book(branch.book))
    return tariffs.charge(tariffs.book.plans[plan_id], zone_id, datetime.fromisoformat(at), seconds)


def test_three_minutes_then_by_the_minute(branch: Any) -> None:
    # 200 s: the first 180 for 0.22, one started minute for 0.11.
    assert charge(branch, "P1", "2026-01-05 10:00:00", 200) == (240, Fraction("0.33"))
    assert charge(branch, "P1", "2026-01-05 10:00:00", 180) == (180, Fraction("0.22"))
    assert charge(branch, "P1", "2026-01-05 10:00:00", 1) == (180, Fraction("0.22"))


def test_by_the_second_with_a_connect_fee(branch: Any) -> None:
    # 0.10 + 7 × 0.30 / 60 = 0.135
    assert charge(branch, "P1", "2026-01-05 10:00:00", 7, "Z8") == (7, Fraction("0.135"))


def test_an_increment_is_charged_by_the_band_in_which_it_begins(branch: Any) -> None:
    branch.write_table(
        "tariff_rates",
        RATES_HEADER + "P1,ZL,day,2025-01-01,,0.05,0,0.60,60,60\nP1,ZL,night,2025-01-01,,0.99,0,0.30,60,60\n"
        "PS,ZL,day,2025-01-01,,0.05,0,0.60,60,60\nPS,ZL,,2025-01-01,,0,0,0.30,60,60\n",
    )
    # 20:58:30 + 200 s: minutes begin at :58:30, :59:30 (day, though it ends at 21:00:30), 21:00:30, 21:01:30 (night).
    assert charge(branch, "P1", "2026-01-05 20:58:30", 200) == (240, Fraction("0.05") + Fraction("1.80"))
    # With the rule start all four are of the day.
    assert charge(branch, "PS", "2026-01-05 20:58:30", 200) == (240, Fraction("0.05") + Fraction("2.40"))
    # The night has no row of its own in PS: the row without a band holds.
    assert charge(branch, "PS", "2026-01-05 23:00:00", 61) == (120, Fraction("0.60"))


def test_a_call_over_midnight_takes_the_next_days_bands(branch: Any) -> None:
    branch.write_table(
        "time_bands",
        "band_set_id,days,starts_at,ends_at,band_id\nB1,12345,00:00,24:00,week\nB1,67,00:00,24:00,weekend\n",
    )
    branch.write_table(
        "tariff_rates",
        RATES_HEADER + "P1,ZL,week,2025-01-01,,0,0,0.60,60,60\nP1,ZL,weekend,2025-01-01,,0,0,0.12,60,60\n",
    )
    # Friday 2026-01-09 23:58:10 + 180 s: 23:58:10 and 23:59:10 on Friday, 00:00:10 on Saturday.
    assert charge(branch, "P1", "2026-01-09 23:58:10", 180) == (180, Fraction("1.32"))


@pytest.mark.parametrize(("holiday_rows", "total"), [("B1,H,00:00,24:00,feast\n", "0.10"), ("", "0.50")])
def test_a_holiday_has_its_own_rows_or_is_a_weekday(branch: Any, holiday_rows: str, total: str) -> None:
    branch.write_table(
        "time_bands",
        "band_set_id,days,starts_at,ends_at,band_id\nB1,1234567,00:00,24:00,all\nB2,H,00:00,24:00,feast\n"
        + holiday_rows,
    )
    feast = "P1,ZL,feast,2025-01-01,,0,0,0.10,60,60\n" if holiday_rows else ""
    branch.write_table("tariff_rates", RATES_HEADER + "P1,ZL,,2025-01-01,,0,0,0.50,60,60\n" + feast)
    assert charge(branch, "P1", "2026-01-01 12:00:00", 60)[1] == Fraction(total)


def test_the_start_decides_the_version_for_the_whole_call(branch: Any) -> None:
    branch.write_table(
        "tariff_rates",
        RATES_HEADER + "P1,ZL,,2025-01-01,2026-02-01,0,0,1,60,60\nP1,ZL,,2026-02-01,,0,0,2,60,60\n",
    )
    assert charge(branch, "P1", "2026-01-31 23:59:30", 120)[1] == 2
    assert charge(branch, "P1", "2026-02-01 00:00:00", 120)[1] == 4


@pytest.mark.parametrize(
    "row",
    [
        "P1,ZL,,2026-01-01,,0,0,0.10,60,60",  # overlaps the version from 2025 on
        "P1,ZL,dawn,2025-01-01,,0,0,0.10,60,60",  # no such band
        "P1,ZL,day,2025-01-01,,0,1,0.10,60,60",  # begins at second 1
        "P1,ZL,day,2025-01-01,,0,0,-0.10,60,60",
        "P1,ZL,day,2025-01-01,,0,0,0.10,60,0",
        "P1,ZL,,2025-01-01,,0,180,0.10,60,60",  # 180 stands twice
    ],
)
def test_an_unsound_row_stops_its_plan_and_zone_only(branch: Any, row: str) -> None:
    branch.add("tariff_rates", row)
    with pytest.raises(Unrated, match="unsound"):
        charge(branch, "P1", "2026-01-05 10:00:00", 60)
    assert charge(branch, "P1", "2026-01-05 10:00:00", 60, "ZI")[1] == Fraction("1.005")
    assert charge(branch, "PS", "2026-01-05 10:00:00", 60)[1] == Fraction("0.60")


def test_an_unsound_row_not_in_force_stops_nothing(branch: Any) -> None:
    branch.add("tariff_rates", "P1,ZL,dawn,2026-03-01,,0,0,0.10,60,60")
    assert charge(branch, "P1", "2026-02-28 10:00:00", 60)[1] == Fraction("0.22")


def test_a_band_set_with_a_hole_stops_all_its_plans(branch: Any) -> None:
    branch.write_table("time_bands", "band_set_id,days,starts_at,ends_at,band_id\nB1,1234567,00:00,23:59,all\n")
    with pytest.raises(Unrated, match="does not cover"):
        charge(branch, "P1", "2026-01-05 10:00:00", 60)


@pytest.mark.parametrize(
    ("mode", "value", "decimals", "rounded"),
    [
        ("half_up", "0.005", 2, "0.01"),
        ("half_up", "0.0049", 2, "0.00"),
        ("up", "0.0001", 2, "0.01"),
        ("down", "0.0199", 2, "0.01"),
        ("up", "0.22", 2, "0.22"),
        ("half_up", "0.5", 0, "1"),
        ("down", "3", 6, "3"),
    ],
)
def test_rounding(mode: str, value: str, decimals: int, rounded: str) -> None:
    assert round_exact(Decimal(value), mode, decimals) == Decimal(rounded)


def test_zone_owner_and_state_of_each_call(branch: Any) -> None:
    branch.owner()
    branch.add("destinations", "555900,ZL,2025-01-01,", "555900,ZI,2025-01-01,", "5556,NONE,2025-01-01,")
    branch.calls(
        "20260111",
        1,
        "5550001,5550002,,,2026-01-11 10:00:00,200,16",  # rated 0.33
        "5550001,55 57-001,,,2026-01-11 10:00:00,61,16",  # 5557 in force: information, 2 × 1.005 = 2.01
        "5550001,5550002,,,2026-01-11 10:05:00,0,17",  # not answered
        "0108888,5550001,T1,,2026-01-11 10:00:00,60,16",  # incoming: not charged
        "0108888,55580001,T1,,2026-01-11 10:00:00,60,16",  # freephone nobody owns: undocumented
        "5550001,+86108888,,T1,2026-01-11 10:00:00,60,16",  # 0086…: no prefix
        "5550001,5559001,,,2026-01-11 10:00:00,60,16",  # the prefix stands twice
        "5550001,5556001,,,2026-01-11 10:00:00,60,16",  # the prefix names no zone
        "0108888,999,T1,,2026-01-11 10:00:00,60,16",  # incoming with no zone: as if charged to the calling party
    )
    marts = compute(branch.inbox, branch.book)
    rated = {row["record_number"]: row for row in marts["rated_calls"]}
    assert {number: row["amount"] for number, row in rated.items()} == {1: Decimal("0.33"), 2: Decimal("2.01")}
    assert rated[2]["destination_prefix"] == "5557" and rated[2]["called_number"] == "5557001"
    assert rated[1]["charged_seconds"] == 240 and rated[1]["agent_id"] == "G1"
    assert {row["record_number"]: row["state"] for row in marts["suspended_calls"]} == {
        5: "undocumented",
        6: "unrated",
        7: "unrated",
        8: "unrated",
    }
    (file,) = [row for row in marts["file_reconciliation"] if row["file_kind"] == "cdr"]
    assert (file["not_answered"], file["not_charged"], file["read_seconds"]) == (1, 2, 621)
    (nobody,) = marts["undocumented_numbers"]
    assert (nobody["calling_number"], nobody["calls"], nobody["exchange_id"]) == ("55580001", 1, None)


def test_of_two_owners_the_later_then_the_smaller_account(branch: Any) -> None:
    branch.owner()
    branch.export("accounts", "20260102", "A1,C1,counter,,,,", "A2,C1,counter,,,,", "A3,GONE,counter,,,,")
    branch.export(
        "service_numbers",
        "20260102",
        "5550001,A1,X1,,2025-01-01 00:00:00,",
        "5550001,A2,X1,,2025-06-01 00:00:00,2026-01-05 12:00:00",
        "5550001,A1,X1,,2025-06-01 00:00:00,2026-01-05 11:00:00",
        "5550003,A3,X1,,2025-01-01 00:00:00,",
    )
    branch.calls(
        "20260105",
        1,
        "5550001,5550002,,,2026-01-05 10:00:00,60,16",
        "5550001,5550002,,,2026-01-05 11:00:00,60,16",
        "5550001,5550002,,,2026-01-05 12:00:00,60,16",
        "5550003,5550002,,,2026-01-05 12:00:00,60,16",
    )
    marts = compute(branch.inbox, branch.book, as_of=date(2026, 1, 5))
    assert [row["account_id"] for row in marts["rated_calls"]] == ["A1", "A2", "A1"]
    assert [row["record_number"] for row in marts["suspended_calls"]] == [4]
