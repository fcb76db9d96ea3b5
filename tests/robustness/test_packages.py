"""Packages and maximum prices over whole runs. Figures worked by hand.

2200001 and 2200003 are of account A1, residential; 2200002 is of A2, business. Residential local calls cost 0.10 a minute by day
and 0.05 at night from 21:00; from the third minute on 0.06 by day and 0.03 at night; connecting costs 0.02.
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
NUMBERS = EXPORTS["service_numbers"] + "2200003,A1,EX1,,2025-01-01 00:00:00,\n"
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
    made.add("products", "PACK,RENTAL,5.00,none,套餐,Pack", "PACK2,RENTAL,5.00,none,套餐,Pack two")
    made.deliver_exports(service_numbers=NUMBERS, subscriptions=SUBSCRIPTIONS + subscriptions)
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


def test_seconds_amounts_and_maximum_prices(tmp_path: Path) -> None:
    """P1: 300 s of local calls for 2200001 alone, in March and April; P2: 1.00 of national calls for all of A2; NATIONAL costs
    2200002 at most 1.10 a call.

    2200001: 3 minutes, 0.02 + 0.10 + 0.10 + 0.06 = 0.28, all covered. With 120 s left, 20:57:30 for 330 s = increments at
    20:57:30, 58:30, 59:30, 21:00:30, 01:30, 02:30: 0.02 + 0.10 + 0.10 + 0.06 + 3 × 0.03 = 0.37; those of the first 120 s are
    covered, 0.22: 0.15. Then nothing is left: 0.02 + 0.05. Its national call is not of the group; 2200003 has no package.
    April begins anew.
    2200002: 2 minutes, 0.80 of 1.00; 1 minute 0.40 with 0.20 left: 0.20; 4 minutes 1.60 with nothing left, capped at 1.10.
    """
    made = branch(
        tmp_path / "home",
        "P1,PACK,seconds,300,NEAR,false,2015-01-01,,包,Pack\nP2,PACK2,amount,1,FAR,true,2015-01-01,,包,Pack\n",
        "S1,A1,2200001,PACK,,2025-01-01,\nS2,A2,,PACK2,,2026-03-02,2026-03-03\n",
        caps="OFFICE,NATIONAL,2026-01-01,,1.10\n",
        zones="NEAR,LOCAL\nFAR,NATIONAL\n",
    )
    deliver(
        made, "03-02", 1,
        "2200001,2200002,10:00:00,180", "2200001,2200002,20:57:30,330", "2200001,2200002,22:00:00,60", "2200003,2200002,12:00:00,60",
        "2200001,01012345678,11:00:00,60", "2200002,01012345678,09:00:00,120", "2200002,01012345678,10:00:00,60",
        "2200002,01012345678,11:00:00,240",
    )  # fmt: skip
    deliver(made, "04-01", 2, "2200001,2200002,10:00:00,60", "2200002,01012345678,11:00:00,60")

    run(made)

    assert charges(made) == {
        ("2200001", "03-02 10:00:00"): ("0", 180, "0.28", "0.28", "P1", False),
        ("2200001", "03-02 20:57:30"): ("0.15", 120, "0.22", "0.37", "P1", False),
        ("2200001", "03-02 22:00:00"): ("0.07", 0, "0", "0.07", "P1", False),
        ("2200003", "03-02 12:00:00"): ("0.12", None, None, None, None, False),
        ("2200001", "03-02 11:00:00"): ("0.3", None, None, None, None, False),
        ("2200002", "03-02 09:00:00"): ("0", None, "0.8", "0.8", "P2", False),
        ("2200002", "03-02 10:00:00"): ("0.2", None, "0.2", "0.4", "P2", False),
        ("2200002", "03-02 11:00:00"): ("1.1", None, "0", "1.6", "P2", True),
        ("2200001", "04-01 10:00:00"): ("0", 60, "0.12", "0.12", "P1", False),
        ("2200002", "04-01 11:00:00"): ("0.4", None, None, None, None, False),
    }
    usage = {
        (number, period): str(amount)
        for number, period, kind, amount in made.mart("bill_lines", "service_number, billing_period, line_kind, amount")
        if kind == "usage"
    }
    # 0 + 0.15 + 0.07 + 0.30; 0.12; 0 + 0.20 + 1.10; no line for a month in which all is covered
    assert usage == {
        ("2200001", "2026-03"): "0.52", ("2200003", "2026-03"): "0.12",
        ("2200002", "2026-03"): "1.30", ("2200002", "2026-04"): "0.40",
    }  # fmt: skip

    assert use(made) == {
        ("P1", "A1", "2200001", "2026-03"): ("300", "300", "0", 3, 2, "0.72", "0.5", "03-02", "2"),
        ("P1", "A1", "2200001", "2026-04"): ("300", "60", "240", 1, 1, "0.12", "0.12", None, None),
        ("P2", "A2", "", "2026-03"): ("1", "1", "0", 3, 2, "2.8", "1", "03-02", "7"),
    }


def test_a_call_of_the_month_before_the_first_file_has_that_months_allowance(tmp_path: Path) -> None:
    """90 s a month. The file of 1 March has a call from 28 February 23:59 on: 2 minutes, 0.02 + 0.05 by night and 0.10 from
    midnight, both begun within 90 s. It is billed in March, whose own 90 s are whole: of 3 minutes the first two are covered, 0.22,
    and 0.06 is charged."""
    made = branch(
        tmp_path / "home", "P1,PACK,seconds,90,NEAR,true,2015-01-01,,包,Pack\n", "S1,A1,2200001,PACK,,2025-01-01,\n"
    )
    records = ["2200001,2200002,,,2026-02-28 23:59:00,120,16", "2200003,2200002,,,2026-03-01 10:00:00,180,16"]
    made.deliver(f"cdr/{SWITCH}", f"{SWITCH}_20260301_000001.csv", cdr(records))

    run(made)

    assert charges(made) == {
        ("2200001", "02-28 23:59:00"): ("0", 120, "0.17", "0.17", "P1", False),
        ("2200003", "03-01 10:00:00"): ("0.06", 120, "0.22", "0.28", "P1", False),
    }
    assert use(made) == {
        ("P1", "A1", "", "2026-02"): ("90", "120", "0", 1, 1, "0.17", "0.17", "02-28", "1"),
        ("P1", "A1", "", "2026-03"): ("90", "120", "0", 1, 1, "0.28", "0.22", "03-01", "2"),
    }


def test_late_file_moves_what_is_left_later_in_the_month(tmp_path: Path) -> None:
    """90 s shared by A1's numbers each month. Day by day: the call of the 2nd has 90 s left: its increments at 0 and 60 s are
    covered (0.22), the third costs 0.06. A late file of the 1st with one minute leaves 30 s: one increment covered (0.12), 0.16.
    April begins anew: both minutes covered."""
    package = "P1,PACK,seconds,90,NEAR,true,2015-01-01,,包,Pack\n"
    subscription = "S1,A1,2200001,PACK,,2025-01-01,\n"
    files = {
        ("03-02", 2): "2200003,2200002,10:00:00,180",
        ("04-01", 3): "2200003,2200002,10:00:00,120",
        ("03-01", 1): "2200001,2200002,10:00:00,60",
    }
    bit_by_bit, at_once = (branch(tmp_path / name, package, subscription) for name in ("bits", "once"))
    deliver(bit_by_bit, "03-02", 2, files["03-02", 2])
    run(bit_by_bit)
    assert charges(bit_by_bit)["2200003", "03-02 10:00:00"] == ("0.06", 120, "0.22", "0.28", "P1", False)
    deliver(bit_by_bit, "04-01", 3, files["04-01", 3])
    assert run(bit_by_bit)["rebuilt_days"].keys() == {"2026-04-01"}
    deliver(bit_by_bit, "03-01", 1, files["03-01", 1])
    assert run(bit_by_bit)["rebuilt_days"].keys() == {"2026-03-01", "2026-03-02"}
    for (day, sequence), call in files.items():
        deliver(at_once, day, sequence, call)
    run(at_once)

    assert charges(at_once) == {
        ("2200001", "03-01 10:00:00"): ("0", 60, "0.12", "0.12", "P1", False),
        ("2200003", "03-02 10:00:00"): ("0.16", 60, "0.12", "0.28", "P1", False),
        ("2200003", "04-01 10:00:00"): ("0", 120, "0.22", "0.22", "P1", False),
    }
    for mart in (spec.name for spec in PUBLISHED_MARTS if spec.name not in RUN_DEPENDENT_MARTS):
        if mart not in {"problem_bulletin"}:
            assert bit_by_bit.mart(mart) == at_once.mart(mart), mart
