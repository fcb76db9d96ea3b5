"""Numbers as dialled, on a small branch: what codes do to calls and bills, and which days a changed rule rebuilds.

On the 2nd the residential 2200001 dials 17909 01012345678 and 0548 2200002, on the 3rd
17909 01012345678, a minute each.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.warehouse.planning.stale_days import days_changed_by_book
from tests.robustness.branch import SWITCH, Branch, cdr, new_branch

HEADER = "rule_order,kind,code,min_rest_digits,tariff_plan_id,zone_id,valid_from,valid_to,name_zh,name_en"
IP = "10,code,17909,5,CHEAP,,2015-01-01,,IP电话,IP calls"
OWN_AREA = "20,own_area_code,,7,,,2015-01-01,,本地区号,Own area code"
COLUMNS = "called_number, access_code, rated_number, destination_prefix, tariff_plan_id, amount"
DAYS = {
    2: ["1790901012345678,,TG1,2026-03-02 12:00:00", "05482200002,,,2026-03-02 12:10:00"],
    3: ["1790901012345678,,TG1,2026-03-03 12:00:00"],
}


def compiled_rule(code: str, min_rest_digits: int, plan: str) -> str:
    """A rule as int_dialling_sequences lists it."""
    return f"{{'code': '{code}', 'min_rest_digits': {min_rest_digits}, 'tariff_plan_id': {plan}, 'zone_id': null, 'fault': null}}"


USED = compiled_rule("17909", 5, "'CHEAP'")
UNDIALLED = compiled_rule("999", 0, "'CHEAP'")
LONGER = compiled_rule("17909", 12, "null")  # one more digit than anybody dialled after the code
#: A change of the compiled book → the days of March with calls that feel it, where 17909 selects CHEAP from the 3rd on: on
#: the 2nd all is by the class's plan and nothing is stripped, on the 3rd all is by the code's.
BOOK_CHANGES = {
    "update intermediate.int_class_plans set tariff_plan_id = 'OFFICE' where customer_class = 'residential'": {2},
    "delete from intermediate.int_class_plans where customer_class = 'residential'": {2},
    "update intermediate.int_class_plans set tariff_plan_id = 'HOME' where customer_class = 'business'": set(),
    "delete from intermediate.int_dialling_sequences": {3},
    "update intermediate.int_dialling_sequences set valid_from = date '2026-03-02'": {2},
    f"update intermediate.int_dialling_sequences set rules = [{USED}, {UNDIALLED}]": set(),
    f"update intermediate.int_dialling_sequences set rules = [{LONGER}, {USED}]": set(),
    "update intermediate.int_tariff_days set fingerprint = 'other' where tariff_plan_id = 'CHEAP'": {3},
    "update intermediate.int_tariff_days set fingerprint = 'other' where tariff_plan_id = 'OFFICE'": set(),
}


@pytest.fixture
def dialled(tmp_path: Any) -> Branch:
    """The branch with calls that begin with codes, not run yet; its book has prefix 17909 of its own."""
    branch = new_branch(tmp_path / "home")
    branch.add("tariff_plans", "CHEAP,ALL_DAY,increment,half_up,2")
    branch.add("tariff_rates", "CHEAP,NATIONAL,,2015-01-01,,0,0,0.05,60,60")
    branch.add("destinations", "17909,NATIONAL,2015-01-01,")
    for day, calls in DAYS.items():
        name = f"{SWITCH}_202603{day:02d}_{day:06d}.csv"
        branch.deliver(f"cdr/{SWITCH}", name, cdr(f"2200001,{call},60,16" for call in calls))
    branch.deliver_exports()
    return branch


def write_rules(branch: Branch, *rules: str) -> None:
    (branch.book / "dialling_rules.csv").write_text("\n".join([HEADER, *rules]) + "\n", encoding="utf-8")


def days_felt(branch: Branch, change: str) -> set[date]:
    """The days that a run, and a re-rating, would find stale after a change of the compiled book."""
    with tempfile.TemporaryDirectory() as folder:
        copied = shutil.copy(branch.home / "warehouse.duckdb", folder)
        with duckdb.connect(copied) as con:
            con.execute(change)
            return days_changed_by_book(con)


def run(branch: Branch) -> Any:
    typed = branch.tollhouse("run")
    assert typed.exit_code == 0, typed.message
    return typed.answer


def test_codes_select_zone_and_plan_and_a_changed_rule_rebuilds_the_days_it_touches(dialled: Branch) -> None:
    """Without a table 17909 is a national prefix at 0.30, and 0548 national too; the rules make them 0.05 and local at 0.10."""
    run(dialled)
    whole = [
        ("05482200002", None, "05482200002", "0", "HOME", Decimal("0.30")),
        ("1790901012345678", None, "1790901012345678", "17909", "HOME", Decimal("0.30")),
        ("1790901012345678", None, "1790901012345678", "17909", "HOME", Decimal("0.30")),
    ]
    assert dialled.mart("rated_calls", COLUMNS) == whole

    write_rules(dialled, IP.replace("2015-01-01", "2026-03-03"))
    assert run(dialled)["rebuilt_days"] == {"2026-03-03": "a dialling rule of a call changed"}
    cheap = ("1790901012345678", "17909", "01012345678", "0", "CHEAP", Decimal("0.05"))
    assert dialled.mart("rated_calls", COLUMNS) == sorted([*whole[:2], cheap], key=repr)
    for change, days in BOOK_CHANGES.items():
        assert (change, days_felt(dialled, change)) == (change, {date(2026, 3, day) for day in days})

    # A plan that nobody knows: its call waits with the reason, and nothing else does.
    write_rules(dialled, IP.replace("CHEAP", "NO_SUCH").replace("2015-01-01", "2026-03-03"), OWN_AREA)
    run(dialled)
    local = ("05482200002", "0548", "2200002", "2", "HOME", Decimal("0.10"))
    assert dialled.mart("rated_calls", COLUMNS) == [local, whole[1]]
    unknown = (
        "tariff book unsound: dialling rule 10: plan NO_SUCH is not in tariff_plans: add it there, or correct the name"
    )
    assert dialled.mart("suspended_calls", "state, reason, access_code, rated_number") == [
        ("unrated", unknown, "17909", "01012345678")
    ]
