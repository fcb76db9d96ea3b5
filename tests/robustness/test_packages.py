"""Packages and maximum prices over whole runs. Figures worked by hand by the prices of package_branch.py."""

from __future__ import annotations

from pathlib import Path

from tests.robustness.branch import SWITCH, cdr
from tests.robustness.package_branch import (
    NUMBERS,
    SUBSCRIPTIONS,
    assert_published_alike,
    branch,
    charges,
    deliver,
    run,
    use,
)


def test_seconds_amounts_and_maximum_prices(tmp_path: Path) -> None:
    """P1: 300 s of local calls for 2200001 alone, in March and April; P2: 1.00 of national calls for all of A2; NATIONAL costs
    2200002 at most 1.10 a call.

    2200001: 3 minutes, 0.02 + 0.10 + 0.10 + 0.06 = 0.28, all covered. With 120 s left, 20:57:30 for 330 s = increments at
    20:57:30, 58:30, 59:30, 21:00:30, 01:30, 02:30: 0.02 + 0.10 + 0.10 + 0.06 + 3 × 0.03 = 0.37; those of the first 120 s are
    covered, 0.22: 0.15. Then nothing is left: 0.02 + 0.05. Its national call is not of the group; 2200003 has no package.
    April begins again.
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
    April begins again: both minutes covered."""
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
    assert_published_alike(bit_by_bit, at_once)


def test_a_change_rebuilds_the_days_on_which_it_counts(tmp_path: Path) -> None:
    """90 s a month shared by A1's numbers, begun in this order: 60 s covered (0.12), with 30 s left 60 s covered, nothing left for
    two minutes (0.22), a national minute (0.30), a day of A2 alone, and in April 60 s covered.

    1. The subscription ends on 3 March: from then on A1 pays all. 2. It is as before, but 150 s are included: 30 s are left for the
    first of the two minutes, 0.10 is to be paid. 3. A local call costs HOME 0.05 at most from 5 March on. 4. National calls count
    too: nothing is left for it.
    """
    package, subscription = "P1,PACK,seconds,90,NEAR,true,2015-01-01,,包,Pack\n", "S1,A1,2200001,PACK,,2025-01-01,"
    made = branch(tmp_path / "bits", package, f"{subscription}\n")
    calls = {
        "03-02": "2200001,2200002,10:00:00,60", "03-03": "2200003,2200002,10:00:00,60", "03-04": "2200002,2200001,10:00:00,60",
        "03-05": "2200001,2200002,10:00:00,120", "03-06": "2200001,01012345678,10:00:00,60", "04-01": "2200001,2200002,10:00:00,60",
    }  # fmt: skip
    for number, (day, call) in enumerate(calls.items(), start=1):
        deliver(made, day, number, call)

    def amounts() -> dict[str, str]:
        """Day → amount and, where a package had a say, what it covered."""
        return {
            start[:5]: amount if package_id is None else f"{amount}/{covered}"
            for (_, start), (amount, _, covered, _, package_id, _) in charges(made).items()
        }

    def rebuilt() -> set[str]:
        return {str(day)[5:] for day in run(made)["rebuilt_days"]}

    rebuilt()
    assert amounts() == {
        "03-02": "0/0.12", "03-03": "0/0.12", "03-04": "0.2", "03-05": "0.22/0", "03-06": "0.3", "04-01": "0/0.12",
    }  # fmt: skip

    made.deliver_exports(
        "20260302", service_numbers=NUMBERS, subscriptions=f"{SUBSCRIPTIONS}{subscription}2026-03-03\n"
    )
    assert rebuilt() == {"03-03", "03-05", "04-01"}
    assert amounts() == {
        "03-02": "0/0.12", "03-03": "0.12", "03-04": "0.2", "03-05": "0.22", "03-06": "0.3", "04-01": "0.12",
    }  # fmt: skip

    made.deliver_exports("20260303", service_numbers=NUMBERS, subscriptions=f"{SUBSCRIPTIONS}{subscription}\n")
    made.spoil("packages", "seconds,90,", "seconds,150,")
    assert rebuilt() == {"03-02", "03-03", "03-05", "04-01"}
    assert amounts()["03-05"] == "0.1/0.12"

    (made.book / "price_caps.csv").write_text(
        "tariff_plan_id,zone_id,valid_from,valid_to,max_amount\nHOME,LOCAL,2026-03-05,,0.05\n", encoding="utf-8"
    )
    assert rebuilt() == {"03-05", "04-01"}
    assert amounts()["03-05"] == "0.05/0.12"

    made.add("zone_groups", "NEAR,NATIONAL")
    assert rebuilt() == {"03-06"}
    assert amounts() == {
        "03-02": "0/0.12", "03-03": "0/0.12", "03-04": "0.2", "03-05": "0.05/0.12", "03-06": "0.3/0", "04-01": "0/0.12",
    }  # fmt: skip

    at_once = branch(
        tmp_path / "once", package.replace(",90,", ",150,"), f"{subscription}\n", "HOME,LOCAL,2026-03-05,,0.05\n",
        "NEAR,LOCAL\nNEAR,NATIONAL\n",
    )  # fmt: skip
    for number, (day, call) in enumerate(calls.items(), start=1):
        deliver(at_once, day, number, call)
    run(at_once)
    for mart in ("rated_calls", "bill_lines", "bills", "package_use"):
        assert made.mart(mart) == at_once.mart(mart), mart
