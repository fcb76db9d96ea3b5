"""An unsound tariff book with every fault there is, in one run: it stops the rating of what it touches, and of nothing else.

Each fault has a plan, class or prefix of its own, and a number that calls with it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.robustness.branch import EXPORTS, SWITCH, Branch, cdr, new_branch

SINCE = "2015-01-01,"
SOUND = "0,0,0.10,60,60"

# Fault → lines by table. A call of class or plan T_<fault> to prefix 2 is touched by it, unless DIALLED says otherwise.
BOOK_LINES: dict[str, dict[str, list[str]]] = {
    "rate_starts_not_at_zero": {"tariff_rates": [f"T_rate_starts_not_at_zero,LOCAL,,{SINCE},0,60,0.10,60,60"]},
    "rate_step_twice": {"tariff_rates": [f"T_rate_step_twice,LOCAL,,{SINCE},0,0,0.{n},60,60" for n in (10, 20)]},
    "rate_unit_not_positive": {"tariff_rates": [f"T_rate_unit_not_positive,LOCAL,,{SINCE},0,0,0.10,60,0"]},
    "price_negative": {"tariff_rates": [f"T_price_negative,LOCAL,,{SINCE},0,0,-0.10,60,60"]},
    # The least common multiple of three primes near 10^9 lies above 10^18.
    "price_beyond_reckoning": {
        "tariff_rates": [
            f"T_price_beyond_reckoning,LOCAL,,{SINCE},0,{at},0.000001,{unit},1"
            for at, unit in ((0, 999999937), (60, 999999929), (120, 999999893))
        ]
    },
    "versions_overlap": {
        "tariff_rates": [f"T_versions_overlap,LOCAL,,{since}-01-01,,{SOUND}" for since in (2015, 2026)]
    },
    "unknown_band": {
        "tariff_rates": [f"T_unknown_band,LOCAL,NIGHT,{SINCE},{SOUND}", f"T_unknown_band,LOCAL,,{SINCE},{SOUND}"]
    },
    "band_set_hole": {
        "time_bands": ["HOLE,1234567,00:00,23:00,ALL"],
        "tariff_rates": [f"T_band_set_hole,LOCAL,,{SINCE},{SOUND}"],
    },
    "band_set_overlap": {
        "time_bands": ["TWICE,1234567,00:00,24:00,ALL", "TWICE,7,12:00,13:00,NOON"],
        "tariff_rates": [f"T_band_set_overlap,LOCAL,,{SINCE},{SOUND}"],
    },
    "unknown_band_set": {"tariff_rates": [f"T_unknown_band_set,LOCAL,,{SINCE},{SOUND}"]},
    "unknown_zone": {
        "destinations": ["7,NOWHERE,2015-01-01,"],
        "tariff_rates": [f"T_unknown_zone,NOWHERE,,{SINCE},{SOUND}"],
    },
    "prefix_twice": {
        "destinations": ["8,LOCAL,2015-01-01,", "8,NATIONAL,2015-01-01,"],
        "tariff_rates": [f"T_prefix_twice,LOCAL,,{SINCE},{SOUND}"],
    },
    "unknown_plan": {"class_plans": ["T_unknown_plan,GHOST,2015-01-01,"]},
    "class_plan_twice": {
        "class_plans": ["T_class_plan_twice,HOME,2015-01-01,", "T_class_plan_twice,OFFICE,2015-01-01,"]
    },
}
DIALLED = {"unknown_zone": "7000000", "prefix_twice": "8000000"}
BAND_SETS = {"band_set_hole": "HOLE", "band_set_overlap": "TWICE", "unknown_band_set": "NO_SUCH"}
BY_CLASS = ("unknown_plan", "class_plan_twice")  # the fault is in the class's plan; in the others the number has a plan

NUMBERS = {fault: f"22001{position:02d}" for position, fault in enumerate(BOOK_LINES)}


@pytest.fixture(scope="module")
def unsound(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch after a run with all faults. Besides, one plan is unsound in another zone and one in another year."""
    branch = new_branch(tmp_path_factory.mktemp("unsound") / "home")
    own_plans = [fault for fault in BOOK_LINES if fault not in BY_CLASS]
    for fault in own_plans:
        branch.add("tariff_plans", f"T_{fault},{BAND_SETS.get(fault, 'ALL_DAY')},increment,half_up,2")
    for lines in BOOK_LINES.values():
        for table, added in lines.items():
            branch.add(table, *added)
    branch.add("tariff_rates", f"HOME,NATIONAL,,{SINCE},0,0,0.50,60,60")  # a step twice, in one zone of the plan
    branch.spoil("tariff_rates", "OFFICE,LOCAL,,2015-01-01,", "OFFICE,LOCAL,,2015-01-01,2027-01-01")
    branch.add("tariff_rates", "OFFICE,LOCAL,,2027-01-01,,0,60,0.20,60,60")  # unsound, from the next year on
    classes = {fault: f"T_{fault}" if fault in BY_CLASS else "residential" for fault in BOOK_LINES}
    plans = {fault: "" if fault in BY_CLASS else f"T_{fault}" for fault in BOOK_LINES}
    branch.deliver_exports(
        customers=EXPORTS["customers"]
        + "".join(f"C_{fault},{fault},{classes[fault]},false,BU1,OU1,,2025-01-01,\n" for fault in BOOK_LINES),
        accounts=EXPORTS["accounts"] + "".join(f"A_{fault},C_{fault},counter,,,2025-01-01,\n" for fault in BOOK_LINES),
        service_numbers=EXPORTS["service_numbers"]
        + "".join(f"{NUMBERS[fault]},A_{fault},EX1,{plans[fault]},2025-01-01 00:00:00,\n" for fault in BOOK_LINES),
    )
    calls = [f"{NUMBERS[fault]},{DIALLED.get(fault, '2200001')},,,2026-03-02 10:00:00,60,16" for fault in BOOK_LINES]
    calls += [
        "2200001,2200002,,,2026-03-02 11:00:00,60,16",  # HOME in its sound zone
        "2200001,01012345,,TG1,2026-03-02 11:10:00,60,16",  # HOME in the unsound one
        "2200002,2200001,,,2026-03-02 11:20:00,60,16",  # OFFICE, sound in 2026
        "2200002,01012345,,TG1,2026-03-02 11:30:00,60,16",
    ]
    branch.deliver(f"cdr/{SWITCH}", f"{SWITCH}_20260302_003002.csv", cdr(calls))
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    return branch


def test_nothing_but_the_touched_calls_stays_unrated(unsound: Branch) -> None:
    """Per call by hand: 0.10 in HOME's sound zone, 0.20 and 0.40 in OFFICE, whose fault lies in 2027."""
    rated = unsound.mart("rated_calls", "calling_number, called_number, amount")
    assert rated == [
        ("2200001", "2200002", Decimal("0.100000")),
        ("2200002", "01012345", Decimal("0.400000")),
        ("2200002", "2200001", Decimal("0.200000")),
    ]
    (states,) = unsound.states().values()
    assert states == {"unrated": len(BOOK_LINES) + 1, "rated": 3}


@pytest.mark.parametrize("fault", BOOK_LINES)
def test_a_touched_call_is_unrated_with_the_reason(unsound: Branch, fault: str) -> None:
    """The reason says that the book is unsound, and how."""
    (row,) = (
        row for row in unsound.mart("suspended_calls", "calling_number, state, reason") if row[0] == NUMBERS[fault]
    )
    assert row[1] == "unrated"
    assert "tariff book unsound" in row[2]


@pytest.mark.parametrize("fault", BOOK_LINES)
def test_a_fault_is_in_the_bulletin_and_a_failed_error_gate(unsound: Branch, fault: str) -> None:
    """Both name the row of the book; neither blocked the edition."""
    told = [
        subject for kind, subject in unsound.mart("problem_bulletin", "kind, subject") if kind == "tariff_book_unsound"
    ]
    assert any(fault in subject for subject in told)
    assert _failed(unsound, fault), f"no failed gate names {fault}"


def _failed(branch: Branch, fault: str) -> list[dict[str, Any]]:
    """The failed error gates of the tariff book whose sample names a row of the fault."""
    named = {"band_set_hole": "HOLE", "band_set_overlap": "TWICE", "unknown_zone": "NOWHERE", "prefix_twice": "8/"}
    name = named.get(fault, f"T_{fault}")
    return [
        gate
        for gate in branch.manifest["gates"]
        if gate["suite"] == "tariff_book" and not gate["success"] and gate["severity"] == "error"
        and any(name in str(row["row_key"]) for row in gate["sample"])
    ]  # fmt: skip
