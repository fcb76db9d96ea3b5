"""Hand-worked bills: rounding once, proration, promotions, whose a bill is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle import compute

RATES_HEADER = (
    "tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,"
    "increment_seconds\n"
)


def amounts(marts: dict[str, Any], period: str = "2026-01") -> dict[tuple[str, str], Decimal]:
    return {
        (row["line_kind"], row["bill_item_id"]): row["amount"]
        for row in marts["bill_lines"]
        if row["billing_period"] == period
    }


def test_rental_match_credits_the_calls_up_to_the_rental(branch: Any) -> None:
    # Calls 12.00, rental 18.00, caller id 2.80: credit 12.00, payable 20.80.
    branch.owner()
    branch.write_table("tariff_rates", RATES_HEADER + "P1,ZL,,2025-01-01,,0,0,4.00,60,60\n")
    branch.calls("20260105", 1, "5550001,5550002,,,2026-01-05 10:00:00,121,16")
    branch.export("subscriptions", "20260105", "S1,A1,5550001,line,match,2025-01-01,", "S2,A1,5550001,cid,,2025-01-01,")
    marts = compute(branch.inbox, branch.book)
    assert amounts(marts) == {
        ("usage", "local"): Decimal("12.00"),
        ("recurring", "rental"): Decimal("18.00"),
        ("recurring", "vas"): Decimal("2.80"),
        ("promotion", "off"): Decimal("-12.00"),
    }
    (bill,) = marts["bills"]
    assert bill["amount"] == Decimal("20.80") and bill["is_provisional"]
    assert (bill["issued_on"], bill["due_on"]) == (date(2026, 2, 1), date(2026, 2, 25))
    assert marts["collection_rates"] == []


def test_daily_proration_and_the_other_promotions(branch: Any) -> None:
    branch.owner()
    branch.calls("20260105", 1)
    branch.export(
        "subscriptions",
        "20260105",
        "S1,A1,5550001,adsl,tenth,2026-01-20,",  # 12 of 31 days of 31.00: 12.00, and 10 % off the item
        "S2,A1,5550001,cid,five,2025-01-01,2026-01-02",  # one day, not prorated; no rental: no credit
        "S3,A1,5550001,line,five,2026-02-01,",  # not in January
        "S4,A1,5550009,line,five,2025-01-01,2026-01-01",  # ended before January
    )
    marts = compute(branch.inbox, branch.book, as_of=date(2026, 2, 10))
    # January: 12.00 + 2.80 = 14.80 of the item, 10 % off: 1.48.
    assert amounts(marts) == {("recurring", "vas"): Decimal("14.80"), ("promotion", "off"): Decimal("-1.48")}
    # February: 31.00 − 3.10, 18.00 − 5.00.
    assert amounts(marts, "2026-02") == {
        ("recurring", "vas"): Decimal("31.00"),
        ("recurring", "rental"): Decimal("18.00"),
        ("promotion", "off"): Decimal("-8.10"),
    }
    assert {row["billing_period"]: row["is_provisional"] for row in marts["bills"]} == {
        "2026-01": False,
        "2026-02": True,
    }


def test_usage_sums_exact_amounts_and_rounds_once(branch: Any) -> None:
    branch.owner()
    branch.write_table(
        "tariff_plans", "tariff_plan_id,band_set_id,band_rule,rounding_mode,rounding_decimals\nP1,B1,start,down,3\n"
    )
    branch.write_table("tariff_rates", RATES_HEADER + "P1,ZL,,2025-01-01,,0,0,0.0025,60,60\n")
    # Three calls of 0.002 (0.0025 down to three places): 0.006, so 0.01; each rounded by itself would be 0.00.
    branch.calls("20260105", 1, *[f"5550001,5550002,,,2026-01-05 1{hour}:00:00,60,16" for hour in range(3)])
    assert amounts(compute(branch.inbox, branch.book)) == {("usage", "local"): Decimal("0.01")}


def test_a_call_before_the_first_period_lands_in_the_oldest_open_one(branch: Any) -> None:
    branch.owner()
    branch.calls("20260201", 1, "5550001,5550002,,,2026-01-31 23:59:00,120,16")
    marts = compute(branch.inbox, branch.book)
    assert [row["billing_period"] for row in marts["rated_calls"]] == ["2026-02"]


def test_a_bill_is_of_whom_the_snapshot_at_its_issue_says(branch: Any) -> None:
    branch.owner("20260101")
    branch.calls("20260105", 1)
    branch.export("customers", "20260201", "C1,Li,business,false,U1,O1,,2025-01-01,")
    branch.export("customers", "20260202", "C1,Li,residential,false,U1,O2,G1,2025-01-01,", "C2,Wu,staff,false,U1,,,,")
    branch.export("accounts", "20260202", "A2,C2,counter,,,,")
    branch.export(
        "subscriptions",
        "20260202",
        "S1,A1,5550001,line,,2026-01-01,2026-02-01",
        "S2,A2,5550002,line,,2026-01-01,2026-02-01",
    )
    bills = {row["account_id"]: row for row in compute(branch.inbox, branch.book)["bills"]}
    assert (bills["A1"]["customer_class"], bills["A1"]["agent_id"], bills["A1"]["outlet_id"]) == (
        "business",
        None,
        "O1",
    )
    # No snapshot up to 1 February holds A2 or C2: the oldest that does.
    assert (bills["A2"]["customer_id"], bills["A2"]["customer_class"]) == ("C2", "staff")


def test_information_services_take_the_longest_prefix(branch: Any) -> None:
    branch.owner()
    branch.calls(
        "20260105",
        1,
        "5550001,1685,,,2026-01-05 10:00:00,61,16",  # 2 × 1.005 = 2.01, 70 %: 1.407
        "5550001,16881,,,2026-01-05 11:00:00,60,16",  # 1.005 rounds to 1.01, 50 %: 0.505
    )
    marts = compute(branch.inbox, branch.book)
    assert {
        row["provider_id"]: (row["calls"], row["amount"], row["share_amount"])
        for row in marts["info_service_settlements"]
    } == {
        "V1": (1, Decimal("2.01"), Decimal("1.41")),
        "V2": (1, Decimal("1.01"), Decimal("0.51")),
    }
    assert {row["access_prefix"]: row["seconds"] for row in marts["info_service_calls"]} == {"168": 61, "1688": 60}
