"""`tollhouse quote` and `explain` dial as the warehouse does: random dialled numbers on a small branch, equal call by call.

The book has rules that name a plan, a zone, both or nothing, on some days only, for an own area code, and one whose plan
nobody knows. A number that is nobody's dials codes too, and is estimated by their plans.
Not here: what a rule does to a call, worked by hand (test_dialled_numbers.py).
"""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestration.rating.charging import charge_call
from orchestration.rating.explaining import charge_again, differences
from orchestration.rating.tariffs import NoCharge, Tariffs
from orchestration.reference_book.reading import read_reference_book
from tests.robustness.branch import SWITCH, Branch, cdr, new_branch

RULES = """rule_order,kind,code,min_rest_digits,tariff_plan_id,zone_id,valid_from,valid_to,name_zh,name_en
10,code,17909,5,CHEAP,,2015-01-01,2026-03-03,IP电话,IP calls
10,code,17909,5,OFFICE,,2026-03-03,,IP电话,IP calls
20,code,17900,5,CARD,CARD_CALLS,2015-01-01,,卡,Card
30,code,0086,8,,NATIONAL,2015-01-01,,国内,Home country
40,code,1795,4,NO_SUCH,,2026-03-03,,错,Faulty
50,own_area_code,,7,,,2015-01-01,,本地区号,Own area code
60,code,0,9,,,2015-01-01,,长途,Trunk prefix
"""
CODES = ["17909", "17900", "0086", "1795", "0548", "010", "0"]
PLACES = ["2200001", "01012345678", "1390000", "9", "55", ""]
#: Of 2200009, which nobody holds and whose range names no plan.
NOBODYS = [
    "2200009,1790001012345678,,,2026-03-03 20:00:00,61,16",
    "2200009,1790901012345678,,,2026-03-03 20:10:00,61,16",
    "2200009,01012345678,,,2026-03-03 20:20:00,61,16",
    "2200009,17951234,,,2026-03-03 20:30:00,61,16",
]
COLUMNS = (
    "call_id exchange_id called_number started_at duration_seconds customer_class access_code rated_number destination_prefix "
    "zone_id tariff_plan_id rate_valid_from connect_fee charge_steps charged_seconds unrounded_numerator "
    "unrounded_denominator list_amount amount"
)

Row = dict[str, Any]


def dialled_calls(rng: random.Random, day: str, count: int) -> list[str]:
    """Calls of both customers, many of whom dial codes first, of up to an hour."""
    lines = []
    for place in range(count):
        number = "".join(rng.choices(CODES, k=rng.choice([0, 1, 1, 2, 3]))) + rng.choice(PLACES)
        number += "".join(rng.choices("0123456789", k=rng.choice([0, 0, 1, 4])))
        caller, seconds = rng.choice(["2200001", "2200002"]), rng.randint(1, 3600)
        lines.append(f"{caller},{number},,,{day} {place // 60:02d}:{place % 60:02d}:00,{seconds},16")
    return lines


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """Two days of such calls, run: on the second other rules hold."""
    branch = new_branch(tmp_path_factory.mktemp("dialled") / "home")
    branch.add("zones", "CARD_CALLS,national,calling,卡,Card calls")
    branch.add("tariff_plans", "CHEAP,ALL_DAY,increment,half_up,2", "CARD,ALL_DAY,start,up,1")
    branch.add(
        "tariff_rates",
        "CHEAP,NATIONAL,,2015-01-01,,0,0,0.05,60,60",
        "CHEAP,LOCAL,,2015-01-01,,0.01,0,0.03,60,6",
        "CHEAP,CARD_CALLS,,2015-01-01,,0,0,0.04,60,60",
        "CARD,CARD_CALLS,,2015-01-01,,0.10,0,0.07,60,1",
        "CARD,NATIONAL,,2015-01-01,,0.20,0,0.02,7,1",
    )
    branch.add("destinations", "1,LOCAL,2015-01-01,")
    (branch.book / "dialling_rules.csv").write_text(RULES, encoding="utf-8")
    rng = random.Random(20261123)
    for day in (2, 3):
        name = f"{SWITCH}_202603{day:02d}_{day:06d}.csv"
        calls = dialled_calls(rng, f"2026-03-{day:02d}", 600)
        branch.deliver(f"cdr/{SWITCH}", name, cdr([*calls, *(NOBODYS if day == 3 else ())]))
    branch.deliver_exports()
    typed = branch.tollhouse("run")
    assert typed.exit_code == 0, typed.message
    return branch


@pytest.fixture(scope="module")
def tariffs(branch: Branch) -> Tariffs:
    return Tariffs(read_reference_book(branch.book))


def rows(branch: Branch, mart: str, columns: str) -> list[Row]:
    names = columns.split()
    return [dict(zip(names, row, strict=True)) for row in branch.mart(mart, ", ".join(names))]


def test_a_quote_by_class_equals_the_warehouse(branch: Branch, tariffs: Tariffs) -> None:
    """From the dialled number, the class and the exchange alone: no fact of the rated call is given to the quote."""
    calls = rows(branch, "rated_calls", COLUMNS)
    wrong = []
    for call in calls:
        day = call["started_at"].date()
        dialled = tariffs.dial(call["called_number"], day, call["exchange_id"])
        plan = tariffs.plan_of(dialled, None, call["customer_class"], day)
        charge = charge_call(tariffs, plan, dialled, call["started_at"], call["duration_seconds"])
        same = (dialled.access_code, charge.destination_prefix) == (call["access_code"], call["destination_prefix"])
        if not same or differences(call, charge):
            wrong.append(call)
    assert wrong == []
    assert {call["tariff_plan_id"] for call in calls} == {"HOME", "OFFICE", "CHEAP", "CARD"}
    assert {call["zone_id"] for call in calls} == {"LOCAL", "NATIONAL", "CARD_CALLS"}
    assert sum(call["access_code"] is not None for call in calls) > 400
    assert sum("+" in (call["access_code"] or "") for call in calls) > 100
    # Of two codes that name a plan the first decides.
    assert {call["tariff_plan_id"] for call in calls if (call["access_code"] or "").startswith("17909+17900")} == {
        "CHEAP"
    }


def test_no_call_that_the_warehouse_leaves_unrated_has_a_quote(branch: Branch, tariffs: Tariffs) -> None:
    suspended = rows(branch, "suspended_calls", "state exchange_id called_number started_at calling_number reason")
    waiting = [call for call in suspended if call["calling_number"] != "2200009"]
    assert {call["state"] for call in waiting} == {"unrated"}
    faulty = 0
    for call in waiting:
        day = call["started_at"].date()
        dialled = tariffs.dial(call["called_number"], day, call["exchange_id"])
        customer_class = {"2200001": "residential", "2200002": "business"}[call["calling_number"]]
        with pytest.raises(NoCharge) as refused:
            charge_call(tariffs, tariffs.plan_of(dialled, None, customer_class, day), dialled, call["started_at"], 60)
        is_faulty = "dialling rule 40: plan NO_SUCH is not in tariff_plans" in call["reason"]
        assert ("dialling rule 40: plan NO_SUCH is not in tariff_plans" in str(refused.value)) == is_faulty
        faulty += is_faulty
    assert 20 < faulty < len(waiting)


def test_what_waits_is_estimated_by_the_plan_of_its_code(branch: Branch) -> None:
    """61 s: by CARD 0.10 + 61 × 0.07 ÷ 60 = 0.1711…, up to 0.2; by OFFICE two minutes at 0.20, for the trunk prefix 0 is stripped
    too and 1 is local. Without a code there is no plan."""
    columns = "calling_number called_number state estimated_amount estimated_plan_id estimated_basis estimate_reason"
    calls = rows(branch, "suspended_calls", columns)
    unsound = (
        "tariff book unsound: dialling rule 40: plan NO_SUCH is not in tariff_plans: add it there, or correct the name"
    )
    assert [tuple(call.values())[1:] for call in calls if call["calling_number"] == "2200009"] == [
        ("01012345678", "undocumented", None, None, None, "no plan: number 2200009 lies in no range that names one"),
        ("1790001012345678", "undocumented", Decimal("0.2"), "CARD", "dialled_plan", None),
        ("1790901012345678", "undocumented", Decimal("0.40"), "OFFICE", "dialled_plan", None),
        ("17951234", "undocumented", None, None, None, unsound),
    ]


def test_explain_tells_what_was_stripped_and_what_other_rules_would_change(branch: Branch, tmp_path: Any) -> None:
    """17909 selects CHEAP on the 2nd; without the rules the number is a local one of the class's plan, and that is told."""
    calls = [
        call for call in rows(branch, "rated_calls", COLUMNS)
        if call["access_code"] == "17909" and call["started_at"].date() == date(2026, 3, 2)
    ]  # fmt: skip
    typed = branch.tollhouse("explain", calls[0]["call_id"])
    present = typed.answer["by_the_present_book"]
    assert (typed.exit_code, typed.answer["differences"]) == (0, [])
    assert (present["access_code"], present["dialled_plan_id"], present["tariff_plan_id"]) == (
        "17909",
        "CHEAP",
        "CHEAP",
    )
    assert Decimal(present["amount"]) == calls[0]["amount"]

    without = branch.copy_to(tmp_path / "without")
    (without.book / "dialling_rules.csv").write_text(RULES.splitlines(keepends=True)[0], encoding="utf-8")
    told = without.tollhouse("explain", calls[0]["call_id"]).answer["differences"]
    assert {"what": "access code", "published": "17909", "present": "None"} in told
    assert {
        "what": "number it is rated by",
        "published": calls[0]["rated_number"],
        "present": calls[0]["called_number"],
    } in told
    fewer = charge_again(Tariffs(read_reference_book(without.book)), calls[0])
    assert (fewer.dialled.access_code, fewer.zone_id) == (None, "LOCAL")
