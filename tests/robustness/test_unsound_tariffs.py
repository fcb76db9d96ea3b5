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
    "price_out_of_range": {
        "tariff_rates": [
            f"T_price_out_of_range,LOCAL,,{SINCE},0,{at},0.000001,{unit},1"
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
    "band_never_holds": {
        "time_bands": ["NIGHTS,1234567,00:00,24:00,ALL", "NIGHTS,1234567,22:00,07:00,NIGHT"],
        "tariff_rates": [f"T_band_never_holds,LOCAL,,{SINCE},{SOUND}"],
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
BAND_SETS = {
    "band_set_hole": "HOLE",
    "band_set_overlap": "TWICE",
    "band_never_holds": "NIGHTS",
    "unknown_band_set": "NO_SUCH",
}
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
    # What touches no call that has a price: a prefix that no number starts with, a row that ends before it begins.
    branch.add("destinations", "22A,NATIONAL,2015-01-01,")
    branch.add("tariff_rates", f"HOME,LOCAL,,2026-03-10,2026-03-01,{SOUND}", f"HALF,LOCAL,DAY,{SINCE},{SOUND}")
    branch.add("tariff_plans", "HALF,HALVES,increment,half_up,2")
    branch.add("time_bands", "HALVES,1234567,00:00,12:00,DAY", "HALVES,1234567,12:00,24:00,EVENING")
    classes = {fault: f"T_{fault}" if fault in BY_CLASS else "residential" for fault in BOOK_LINES}
    plans = {fault: "" if fault in BY_CLASS else f"T_{fault}" for fault in BOOK_LINES}
    branch.deliver_exports(
        customers=EXPORTS["customers"]
        + "".join(f"C_{fault},{fault},{classes[fault]},false,BU1,OU1,,2025-01-01,\n" for fault in BOOK_LINES),
        accounts=EXPORTS["accounts"] + "".join(f"A_{fault},C_{fault},counter,,,2025-01-01,\n" for fault in BOOK_LINES),
        service_numbers=EXPORTS["service_numbers"]
        + "2200090,A1,EX1,HALF,2025-01-01 00:00:00,\n"
        + "".join(f"{NUMBERS[fault]},A_{fault},EX1,{plans[fault]},2025-01-01 00:00:00,\n" for fault in BOOK_LINES),
    )
    calls = [f"{NUMBERS[fault]},{DIALLED.get(fault, '2200001')},,,2026-03-02 10:00:00,60,16" for fault in BOOK_LINES]
    calls += [
        "2200001,2200002,,,2026-03-02 11:00:00,60,16",  # HOME in its sound zone
        "2200001,01012345,,TG1,2026-03-02 11:10:00,60,16",  # HOME in the unsound one
        "2200002,2200001,,,2026-03-02 11:20:00,60,16",  # OFFICE, sound in 2026
        "2200002,01012345,,TG1,2026-03-02 11:30:00,60,16",
        "2200090,2200001,,,2026-03-02 11:59:00,60,16",
        "2200090,2200001,,,2026-03-02 11:59:01,60,16",  # paid before 12:00
        "2200090,2200001,,,2026-03-02 11:59:01,61,16",  # its second increment begins at 12:00:01, in the band without a rate
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
        ("2200090", "2200001", Decimal("0.100000")),
        ("2200090", "2200001", Decimal("0.100000")),
    ]
    (states,) = unsound.states().values()
    assert states == {"unrated": len(BOOK_LINES) + 2, "rated": 5}


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


def test_a_book_with_every_fault_fails_every_gate_of_the_tariff_book(unsound: Branch) -> None:
    """Each of them by rows; but that there are rates at all, and no fault that has no gate, is true."""
    gates = [gate for gate in unsound.manifest["gates"] if gate["suite"] == "tariff_book"]
    assert {gate["gate"] for gate in gates if gate["success"]} == {"tariff_book_has_rates", "no_other_fault"}
    assert all(gate["sample"] for gate in gates if not gate["success"])


@pytest.mark.parametrize(
    ("gate", "severity", "row_key", "fix"),
    [
        ("every_prefix_is_digits", "error", "22A/2015-01-01", "correct it in destinations"),
        ("every_row_is_sometimes_in_force", "warn", "HOME/LOCAL/*/2026-03-10/0", "correct the row or remove it"),
        ("every_band_has_a_rate", "warn", "HALF/LOCAL/EVENING/2015-01-01", "add a row with that band, or with none"),
    ],
)
def test_a_fault_that_touches_no_priced_call_is_told(
    unsound: Branch, gate: str, severity: str, row_key: str, fix: str
) -> None:
    """With the row and what fixes it; the calls of HOME to LOCAL are rated all the same."""
    (told,) = (each for each in unsound.manifest["gates"] if each["gate"] == gate)
    assert (told["severity"], [row["row_key"] for row in told["sample"]]) == (severity, [row_key])
    assert fix in told["sample"][0]["detail"]


def test_a_call_into_a_band_without_rate_says_which_row_is_missing(unsound: Branch) -> None:
    """It is not charged at 0 for the second that has no price, nor rated in part."""
    (row,) = (row for row in unsound.mart("suspended_calls", "calling_number, state, reason") if row[0] == "2200090")
    assert row[1] == "unrated"
    assert row[2] == (
        "no rate in force for plan HALF, zone LOCAL in a band that the call reaches: "
        "add a row with that band, or with none, to tariff_rates"
    )


def test_the_tariff_guide_lists_sound_prices_alone(unsound: Branch) -> None:
    """HOME's sound zone, both of OFFICE (its fault lies in 2027), the band of HALF that has a rate, and the plan in which nothing but
    a prefix is unsound, for the prefix is no price. A class with two plans has none. A minute, three, ten: by the rate a minute."""
    columns = "tariff_plan_id, customer_class, zone_id, band, amount_1_minute, amount_3_minutes, amount_10_minutes, sentence_en"
    expected = [
        ("HALF", None, "LOCAL", "DAY", "0.10", "0.30", "1.00", "0.10 a minute"),
        ("HOME", "residential", "LOCAL", "ALL", "0.10", "0.30", "1.00", "0.10 a minute"),
        ("OFFICE", "business", "LOCAL", "ALL", "0.20", "0.60", "2.00", "0.20 a minute"),
        ("OFFICE", "business", "NATIONAL", "ALL", "0.40", "1.20", "4.00", "0.40 a minute"),
        ("T_prefix_twice", None, "LOCAL", "ALL", "0.10", "0.30", "1.00", "0.10 a minute"),
    ]
    assert unsound.mart("tariff_guide", columns) == [
        (*key, *map(Decimal, amounts), sentence) for *key, a, b, c, sentence in expected for amounts in [(a, b, c)]
    ]


def _failed(branch: Branch, fault: str) -> list[dict[str, Any]]:
    """The failed error gates of the tariff book whose sample names a row of the fault."""
    named = {"unknown_zone": "NOWHERE", "prefix_twice": "8/", **BAND_SETS, "unknown_band_set": "T_unknown_band_set"}
    name = named.get(fault, f"T_{fault}")
    return [
        gate
        for gate in branch.manifest["gates"]
        if gate["suite"] == "tariff_book" and not gate["success"] and gate["severity"] == "error"
        and any(name in str(row["row_key"]) for row in gate["sample"])
    ]  # fmt: skip
