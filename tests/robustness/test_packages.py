"""Packages and maximum prices over whole runs. Figures worked by hand by the prices of package_branch.py.

Two branches serve four tests: what happens to A1 and A2 and what happens to A3 do not touch each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.robustness.branch import SWITCH, Branch, cdr
from tests.robustness.package_branch import (
    EXPORTED,
    SUBSCRIPTIONS,
    assert_published_alike,
    branch,
    charges,
    deliver,
    run,
    use,
)

Charges = dict[tuple[str, str], tuple[Any, ...]]


def of_numbers(found: Charges, *numbers: str) -> Charges:
    """The charges of these numbers' calls."""
    return {call: charge for call, charge in found.items() if call[0] in numbers}


@pytest.fixture(scope="module")
def in_one_run(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """P1: 300 s of local calls for 2200001 alone; P2: 1.00 of national calls for all of A2 in March; P3: 90 s for all of A3;
    NATIONAL costs 2200002 at most 1.10 a call. The first file, of 1 March, has A3's calls."""
    made = branch(
        tmp_path_factory.mktemp("packages") / "home",
        "P1,PACK,seconds,300,NEAR,false,2015-01-01,,包,Pack\nP2,PACK2,amount,1,FAR,true,2015-01-01,,包,Pack\n"
        "P3,PACK3,seconds,90,NEAR,true,2015-01-01,,包,Pack\n",
        "S1,A1,2200001,PACK,,2025-01-01,\nS2,A2,,PACK2,,2026-03-02,2026-03-03\nS3,A3,2200004,PACK3,,2025-01-01,\n",
        caps="OFFICE,NATIONAL,2026-01-01,,1.10\n",
        zones="NEAR,LOCAL\nFAR,NATIONAL\n",
    )
    records = ["2200004,2200002,,,2026-02-28 23:59:00,120,16", "2200005,2200002,,,2026-03-01 10:00:00,180,16"]
    made.deliver(f"cdr/{SWITCH}", f"{SWITCH}_20260301_000001.csv", cdr(records))
    deliver(
        made, "03-02", 2,
        "2200001,2200002,10:00:00,180", "2200001,2200002,20:57:30,330", "2200001,2200002,22:00:00,60", "2200003,2200002,12:00:00,60",
        "2200001,01012345678,11:00:00,60", "2200002,01012345678,09:00:00,120", "2200002,01012345678,10:00:00,60",
        "2200002,01012345678,11:00:00,240",
    )  # fmt: skip
    deliver(made, "04-01", 3, "2200001,2200002,10:00:00,60", "2200002,01012345678,11:00:00,60")
    run(made)
    return made


def test_seconds_amounts_and_maximum_prices(in_one_run: Branch) -> None:
    """2200001: 3 minutes, 0.02 + 0.10 + 0.10 + 0.06 = 0.28, all covered. With 120 s left, 20:57:30 for 330 s = increments at
    20:57:30, 58:30, 59:30, 21:00:30, 01:30, 02:30: 0.02 + 0.10 + 0.10 + 0.06 + 3 × 0.03 = 0.37; those of the first 120 s are
    covered, 0.22: 0.15. Then nothing is left: 0.02 + 0.05. Its national call is not of the group; 2200003 has no package.
    April begins again.
    2200002: 2 minutes, 0.80 of 1.00; 1 minute 0.40 with 0.20 left: 0.20; 4 minutes 1.60 with nothing left, capped at 1.10.
    """
    assert of_numbers(charges(in_one_run), "2200001", "2200002", "2200003") == {
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
    columns = "service_number, billing_period, line_kind, amount"
    usage = {
        (number, period): str(amount)
        for number, period, kind, amount in in_one_run.mart("bill_lines", columns)
        if kind == "usage"
    }
    # 0 + 0.15 + 0.07 + 0.30; 0.12; 0 + 0.20 + 1.10; the next test's 0.06; no line for a month in which all is covered
    assert usage == {
        ("2200001", "2026-03"): "0.52", ("2200003", "2026-03"): "0.12",
        ("2200002", "2026-03"): "1.30", ("2200002", "2026-04"): "0.40", ("2200005", "2026-03"): "0.06",
    }  # fmt: skip
    assert {key: row for key, row in use(in_one_run).items() if key[1] != "A3"} == {
        ("P1", "A1", "2200001", "2026-03"): ("300", "300", "0", 3, 2, "0.72", "0.5", "03-02", "2"),
        ("P1", "A1", "2200001", "2026-04"): ("300", "60", "240", 1, 1, "0.12", "0.12", None, None),
        ("P2", "A2", "", "2026-03"): ("1", "1", "0", 3, 2, "2.8", "1", "03-02", "7"),
    }


def test_a_call_of_the_month_before_the_first_file_has_that_months_allowance(in_one_run: Branch) -> None:
    """90 s a month. The file of 1 March has a call from 28 February 23:59 on: 2 minutes, 0.02 + 0.05 by night and 0.10 from
    midnight, both begun within 90 s. It is billed in March, whose own 90 s are whole: of 3 minutes the first two are covered, 0.22,
    and 0.06 is charged."""
    assert of_numbers(charges(in_one_run), "2200004", "2200005") == {
        ("2200004", "02-28 23:59:00"): ("0", 120, "0.17", "0.17", "P3", False),
        ("2200005", "03-01 10:00:00"): ("0.06", 120, "0.22", "0.28", "P3", False),
    }
    assert {key: row for key, row in use(in_one_run).items() if key[1] == "A3"} == {
        ("P3", "A3", "", "2026-02"): ("90", "120", "0", 1, 1, "0.17", "0.17", "02-28", "1"),
        ("P3", "A3", "", "2026-03"): ("90", "120", "0", 1, 1, "0.28", "0.22", "03-01", "2"),
        ("P3", "A3", "", "2026-04"): ("90", "0", "90", 0, 0, "0", "0", None, None),  # A1 and A2 call in April
    }


@dataclass
class Steps:
    """A branch that was changed step by step, with the days (MM-DD) rebuilt and the charges after each; and the same at once."""

    step_by_step: Branch
    at_once: Branch
    rebuilt: list[set[str]] = field(default_factory=list)
    charged: list[Charges] = field(default_factory=list)

    def run(self) -> None:
        """Make a step."""
        answer = run(self.step_by_step)
        self.rebuilt.append({str(day)[5:] for day in answer["rebuilt_days"]})
        self.charged.append(charges(self.step_by_step))

    def amounts(self, step: int) -> dict[str, str]:
        """Day → amount of A1's and A2's call and, where a package had a say, what it covered."""
        return {
            start[:5]: amount if package_id is None else f"{amount}/{covered}"
            for (_, start), (amount, _, covered, _, package_id, _) in of_numbers(
                self.charged[step], "2200001", "2200002", "2200003"
            ).items()
        }


#: A1 and A2 by day of March and April, A3 by day of May and June.
CALLS = {
    "03-02": "2200001,2200002,10:00:00,60", "03-03": "2200003,2200002,10:00:00,60", "03-04": "2200002,2200001,10:00:00,60",
    "03-05": "2200001,2200002,10:00:00,120", "03-06": "2200001,01012345678,10:00:00,60", "04-01": "2200001,2200002,10:00:00,60",
    "05-01": "2200004,2200002,10:00:00,60", "05-02": "2200005,2200002,10:00:00,180", "06-01": "2200005,2200002,10:00:00,120",
}  # fmt: skip
CAP = "HOME,LOCAL,2026-03-05,2026-05-01,0.05\n"


def deliver_days(made: Branch, *days: str) -> None:
    """The files of these days, numbered in the order of the days."""
    for day in days:
        deliver(made, day, 1 + list(CALLS).index(day), CALLS[day])


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Steps:
    """P1 of A1 and P3 of A3 have 90 s each month. 1. A1's subscription ends on 3 March; A3's file of June comes. 2. The subscription
    is as before, but P1 has 150 s; A3's file of 1 May comes late. 3. A local call costs HOME 0.05 at most from 5 March to the end of
    April. 4. National calls count too."""
    folder = tmp_path_factory.mktemp("steps")
    first = "P1,PACK,seconds,90,NEAR,true,2015-01-01,,包,Pack\n"
    third = "P3,PACK3,seconds,90,NEAR,true,2015-01-01,,包,Pack\n"
    of_a1, of_a3 = "S1,A1,2200001,PACK,,2025-01-01,", "S3,A3,2200004,PACK3,,2025-01-01,\n"
    ended = {**EXPORTED, "subscriptions": f"{SUBSCRIPTIONS}{of_a1}2026-03-03\n{of_a3}"}
    renewed = {**EXPORTED, "subscriptions": f"{SUBSCRIPTIONS}{of_a1}\n{of_a3}"}
    made = branch(folder / "bits", first + third, f"{of_a1}\n{of_a3}")
    at_once = branch(
        folder / "once", first.replace(",90,", ",150,") + third, f"{of_a1}\n{of_a3}", CAP, "NEAR,LOCAL\nNEAR,NATIONAL\n"
    )
    found = Steps(made, at_once)

    deliver_days(made, "03-02", "03-03", "03-04", "03-05", "03-06", "04-01", "05-02")
    found.run()
    made.deliver_exports("20260302", **ended)
    deliver_days(made, "06-01")
    found.run()
    made.deliver_exports("20260303", **renewed)
    made.spoil("packages", "P1,PACK,seconds,90,", "P1,PACK,seconds,150,")
    deliver_days(made, "05-01")
    found.run()
    made.write_table("price_caps", f"tariff_plan_id,zone_id,valid_from,valid_to,max_amount\n{CAP}")
    found.run()
    made.add("zone_groups", "NEAR,NATIONAL")
    found.run()

    at_once.deliver_exports("20260302", **ended)
    at_once.deliver_exports("20260303", **renewed)
    deliver_days(at_once, *CALLS)
    run(at_once)
    return found


def test_late_file_moves_what_is_left_later_in_the_month(steps: Steps) -> None:
    """90 s shared by A3's numbers each month. Day by day: the call of the 2nd has 90 s left: its increments at 0 and 60 s are
    covered (0.22), the third costs 0.06. A late file of the 1st with one minute leaves 30 s: one increment covered (0.12), 0.16.
    June begins again: both minutes covered."""
    assert steps.charged[0]["2200005", "05-02 10:00:00"] == ("0.06", 120, "0.22", "0.28", "P3", False)
    of_may_and_june = [{day for day in days if day >= "05"} for days in steps.rebuilt]
    assert of_may_and_june == [{"05-02"}, {"06-01"}, {"05-01", "05-02"}, set(), set()]
    for charged in (steps.charged[-1], charges(steps.at_once)):
        assert of_numbers(charged, "2200004", "2200005") == {
            ("2200004", "05-01 10:00:00"): ("0", 60, "0.12", "0.12", "P3", False),
            ("2200005", "05-02 10:00:00"): ("0.16", 60, "0.12", "0.28", "P3", False),
            ("2200005", "06-01 10:00:00"): ("0", 120, "0.22", "0.22", "P3", False),
        }


def test_a_change_rebuilds_the_days_on_which_it_counts(steps: Steps) -> None:
    """90 s a month shared by A1's numbers, begun in this order: 60 s covered (0.12), with 30 s left 60 s covered, nothing left for
    two minutes (0.22), a national minute (0.30), a day of A2 alone, and in April 60 s covered.

    1. The subscription has ended: A1 pays all. 2. With 150 s, 30 s are left for the first of the two minutes, 0.10 is to be paid.
    3. At most 0.05. 4. Nothing is left for the national call.
    """
    of_march_and_april = [{day for day in days if day < "05"} for days in steps.rebuilt]
    assert of_march_and_april == [
        {"03-02", "03-03", "03-04", "03-05", "03-06", "04-01"},
        {"03-03", "03-05", "04-01"},
        {"03-02", "03-03", "03-05", "04-01"},
        {"03-05", "04-01"},
        {"03-06"},
    ]
    assert steps.amounts(0) == {
        "03-02": "0/0.12", "03-03": "0/0.12", "03-04": "0.2", "03-05": "0.22/0", "03-06": "0.3", "04-01": "0/0.12",
    }  # fmt: skip
    assert steps.amounts(1) == {
        "03-02": "0/0.12", "03-03": "0.12", "03-04": "0.2", "03-05": "0.22", "03-06": "0.3", "04-01": "0.12",
    }  # fmt: skip
    assert steps.amounts(2)["03-05"] == "0.1/0.12"
    assert steps.amounts(3)["03-05"] == "0.05/0.12"
    assert steps.amounts(4) == {
        "03-02": "0/0.12", "03-03": "0/0.12", "03-04": "0.2", "03-05": "0.05/0.12", "03-06": "0.3/0", "04-01": "0/0.12",
    }  # fmt: skip


def test_step_by_step_and_at_once_publish_alike(steps: Steps) -> None:
    """What was rebuilt day by day is what one run over all files and the last book gives."""
    assert_published_alike(steps.step_by_step, steps.at_once)
