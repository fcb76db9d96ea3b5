"""A branch whose book has packages and maximum prices, and what its calls came to.

2200001 and 2200003 are of account A1, 2200004 and 2200005 of A3, both residential; 2200002 is of A2, business. Residential local
calls cost 0.10 a minute by day and 0.05 at night from 21:00; from the third minute on 0.06 by day and 0.03 at night; connecting
costs 0.02.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.publishing.published_marts import PUBLISHED_MARTS, RUN_DEPENDENT_MARTS
from tests.robustness.branch import EXPORTS, SWITCH, Branch, cdr, new_branch

PACKAGES = "package_id,product_id,allowance_kind,allowance,zone_group_id,is_shared,valid_from,valid_to,name_zh,name_en"
RATES = (
    "tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,increment_seconds\n"
    "HOME,LOCAL,day,2015-01-01,,0.02,0,0.10,60,60\nHOME,LOCAL,day,2015-01-01,,0.02,120,0.06,60,60\n"
    "HOME,LOCAL,night,2015-01-01,,0.02,0,0.05,60,60\nHOME,LOCAL,night,2015-01-01,,0.02,120,0.03,60,60\n"
    "HOME,NATIONAL,,2015-01-01,,0,0,0.30,60,60\nOFFICE,LOCAL,,2015-01-01,,0,0,0.20,60,60\n"
    "OFFICE,NATIONAL,,2015-01-01,,0,0,0.40,60,60\n"
)
EXPORTED = {
    "customers": EXPORTS["customers"] + "C3,Wang,residential,false,BU1,OU1,,2025-01-01,\n",
    "accounts": EXPORTS["accounts"] + "A3,C3,counter,,,2025-01-01,\n",
    "service_numbers": EXPORTS["service_numbers"]
    + "".join(f"{number},EX1,,2025-01-01 00:00:00,\n" for number in ("2200003,A1", "2200004,A3", "2200005,A3")),
}
SUBSCRIPTIONS = "subscription_id,account_id,service_number,product_id,promotion_id,valid_from,valid_to\n"


def branch(home: Path, packages: str, subscriptions: str, caps: str = "", zones: str = "NEAR,LOCAL\n") -> Branch:
    """A branch with these packages, subscriptions and maximum prices (lines without header)."""
    made = new_branch(home)
    made.spoil(
        "time_bands",
        "ALL_DAY,1234567,00:00,24:00,ALL",
        "ALL_DAY,1234567,00:00,21:00,day\nALL_DAY,1234567,21:00,24:00,night",
    )
    (made.book / "tariff_rates.csv").write_text(RATES, encoding="utf-8")
    (made.book / "packages.csv").write_text(f"{PACKAGES}\n{packages}", encoding="utf-8")
    (made.book / "zone_groups.csv").write_text(f"zone_group_id,zone_id\n{zones}", encoding="utf-8")
    if caps:
        (made.book / "price_caps.csv").write_text(
            f"tariff_plan_id,zone_id,valid_from,valid_to,max_amount\n{caps}", encoding="utf-8"
        )
    made.add("products", *(f"{product},RENTAL,5.00,none,套餐,Pack" for product in ("PACK", "PACK2", "PACK3")))
    made.deliver_exports(**EXPORTED, subscriptions=SUBSCRIPTIONS + subscriptions)
    return made


def deliver(made: Branch, day: str, sequence: int, *calls: str) -> None:
    """A file of calls `calling,called,HH:MM:SS,seconds` of a day of 2026 (MM-DD)."""
    records = []
    for call in calls:
        calling, called, begins, seconds = call.split(",")
        trunk = "TG1" if called.startswith("0") else ""
        records.append(f"{calling},{called},,{trunk},2026-{day} {begins},{seconds},16")
    made.deliver(f"cdr/{SWITCH}", f"{SWITCH}_2026{day.replace('-', '')}_{sequence:06d}.csv", cdr(records))


def run(made: Branch, *words: str) -> dict[str, Any]:
    typed = made.tollhouse("run", *words)
    assert typed.exit_code == 0, typed.message
    return typed.answer


def charges(made: Branch) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(calling number, start without year) → (amount, covered seconds, covered amount, list amount, package, whether capped)."""
    columns = "calling_number, started_at::varchar, amount, covered_seconds, covered_amount, list_amount, package_id, is_capped"
    return {
        (number, start[5:]): tuple(str(v.normalize()) if isinstance(v, Decimal) else v for v in rest)
        for number, start, *rest in made.mart("rated_calls", columns)
    }


def use(made: Branch) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """(package, account, number, period) → (allowance, used, unused, calls, covered ones, their list amount, what was covered of it,
    day and record of the call that used it up)."""
    columns = (
        "package_id, account_id, package_number, billing_period, allowance, used, unused, calls, calls_covered, list_amount, "
        "covered_amount, substring(exhausted_on::varchar, 6), split_part(exhausted_by_call_id, ':', 2)"
    )
    return {
        tuple(key): tuple(f"{value.normalize():f}" if isinstance(value, Decimal) else value for value in rest)
        for *key, rest in ((*row[:4], row[4:]) for row in made.mart("package_use", columns))
    }


def assert_published_alike(one: Branch, other: Branch) -> None:
    """Both published the same rows, though their runs differ."""
    for mart in (spec.name for spec in PUBLISHED_MARTS if spec.name not in RUN_DEPENDENT_MARTS):
        if mart != "problem_bulletin":
            assert one.mart(mart) == other.mart(mart), mart
