"""How the demo city's packages, maximum prices and access codes show in the published marts. Figures worked by hand.

RESIDENTIAL: local 0.22 for 180 s, then 0.11 a minute; long distance 0.07 for 6 s, from May 0.06. BUSINESS by day: long distance 0.07
for 6 s, from 600 s on 0.06. IP_SAVER: domestic 0.20, Hong Kong 0.90 a minute.
"""

from __future__ import annotations

from decimal import Decimal

from tests.integration.harness import Row
from tests.integration.planted_checkers import Case, Found, keys

#: The call that uses it up: seconds left, what they cost, what the rest costs.
USED_UP = {
    # 600 s of 1500: 180 s and 7 minutes of 0.22 + 22 × 0.11 = 2.64
    "LOCAL_HOUR": (600, "0.99", "1.65"),
    # 900 s cost 10.50; 7.00 of 10.00 are gone
    "FAMILY_DISTANCE": (None, "3.00", "7.50"),
    # 1800 s of 2000: 7.00 + 200 × 0.06; 34 × 0.06 are left
    "OFFICE_DISTANCE": (1800, "19.00", "2.04"),
}
SPENT = Decimal("0.22")  # 150 s of local calls
#: What is used by month where something is left.
USED = {
    ("LOCAL_HOUR", "2026-04"): "180",
    ("LOCAL_HOUR", "2026-05"): "180",
    ("FAMILY_DISTANCE", "2026-04"): "7.00",
    ("FAMILY_DISTANCE", "2026-05"): "6.00",
}
#: By rated number: zone, plan, amount.
DIALLED = {
    "01065529988": ("NATIONAL", "IP_SAVER", "2.00"),
    "0085223456789": ("HMT", "IP_SAVER", "1.80"),
    "2200115": ("LOCAL", "RESIDENTIAL", "0.22"),
}


def _use(found: Found, package_id: str, account_id: str, period: str) -> Row:
    (row,) = (
        row
        for row in found.marts["package_use"]
        if (row["package_id"], row["account_id"], row["billing_period"]) == (package_id, account_id, period)
    )
    return row


def covered(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        call = found.call(key)
        assert (call["package_id"], call["amount"]) == (key["package_id"], 0)
        assert call["covered_amount"] == call["list_amount"] > 0
        assert call["covered_seconds"] in (None, call["charged_seconds"])


def used_up(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        call = found.call(key)
        seconds, amount, rest = USED_UP[key["package_id"]]
        assert (call["package_id"], call["covered_seconds"]) == (key["package_id"], seconds)
        assert (call["covered_amount"], call["amount"]) == (Decimal(amount), Decimal(rest))
        use = _use(found, key["package_id"], call["account_id"], call["billing_period"])
        assert (use["unused"], use["exhausted_by_call_id"]) == (0, call["call_id"])
        assert use["used"] == use["allowance"] and use["exhausted_on"] == call["call_date"]


def spent(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        call = found.call(key)
        assert (call["package_id"], call["covered_seconds"], call["covered_amount"]) == (key["package_id"], 0, 0)
        assert call["amount"] == call["list_amount"] == SPENT


def not_yet(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        call = found.call(key)
        # 100 × 0.07 + 234 × 0.06; on a Saturday, when the rate has no tier, 334 × 0.07
        assert (call["package_id"], call["list_amount"], call["covered_amount"]) == (None, None, None)
        assert call["amount"] == Decimal("23.38" if call["started_at"].isoweekday() == 6 else "21.04")


def subscribed(found: Found, name: str, case: Case) -> None:
    """One pot per month in which the subscription is in force."""
    of_product = {"PACK_LOCAL": "LOCAL_HOUR", "PACK_DISTANCE": "FAMILY_DISTANCE", "PACK_OFFICE": "OFFICE_DISTANCE"}
    for key in keys(case):
        rows = [row for row in found.marts["package_use"] if row["account_id"] == key["account_id"]]
        assert {row["package_id"] for row in rows} == {of_product[key["product_id"]]}
        begun = max(key["from"][:7], "2026-03")
        assert sorted(row["billing_period"] for row in rows) == [
            m for m in ("2026-03", "2026-04", "2026-05") if m >= begun
        ]


def with_rest(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        use = _use(found, key["package_id"], key["account_id"], key["billing_period"])
        assert use["used"] == Decimal(USED[key["package_id"], key["billing_period"]])
        assert use["unused"] == use["allowance"] - use["used"] > 0
        assert (use["calls"], use["calls_covered"], use["exhausted_on"], use["exhausted_by_call_id"]) == (
            1,
            1,
            None,
            None,
        )


def capped(found: Found, name: str, case: Case) -> None:
    """50 minutes at 0.20, 5.00 at most."""
    for key in keys(case):
        call = found.call(key)
        assert (call["access_code"], call["tariff_plan_id"], call["is_capped"]) == ("17969", "IP_SAVER", True)
        assert (call["list_amount"], call["amount"], call["package_id"]) == (10, 5, None)


def dialled(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        call = found.call(key)
        assert (call["access_code"], call["rated_number"]) == (key["access_code"], key["rated_number"])
        zone, plan, amount = DIALLED[key["rated_number"]]
        assert (call["zone_id"], call["tariff_plan_id"], call["amount"]) == (zone, plan, Decimal(amount))
