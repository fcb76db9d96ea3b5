"""The stripping of codes off a dialled number, by hand-worked cases."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.rating.dialling import DialledNumber, DiallingRule, rules_in_force, strip_codes

RULES = (
    DiallingRule("17909", 5, tariff_plan_id="IP"),
    DiallingRule("17900", 5, tariff_plan_id="CARD", zone_id="Z_CARD"),
    DiallingRule("0086", 8, tariff_plan_id="HOME", zone_id="Z_HOME"),
    DiallingRule("0548", 7),
    DiallingRule("0", 8),
)


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [
        ("17909 010 62345678", DialledNumber("1062345678", "17909+0", "IP")),
        ("0086 10 62345678", DialledNumber("1062345678", "0086", "HOME", "Z_HOME")),
        ("0548 2200001", DialledNumber("2200001", "0548")),
        ("17909 0548 2200001", DialledNumber("2200001", "17909+0548", "IP")),
        # Each once and in order: the 0 that the area code leaves in front is stripped, a second 17909 is not.
        ("0548 0 62345678", DialledNumber("62345678", "0548+0")),
        ("17909 17909 62345678", DialledNumber("1790962345678", "17909", "IP")),
        # The first plan counts and the first zone, though they are of two rules.
        ("17909 0086 62345678", DialledNumber("62345678", "17909+0086", "IP", "Z_HOME")),
        ("17909 17900 62345678", DialledNumber("62345678", "17909+17900", "IP", "Z_CARD")),
        ("17909 1234", DialledNumber("179091234")),
        ("0548 220000", DialledNumber("548220000", "0")),
        ("", DialledNumber("")),
    ],
)
def test_codes_are_stripped_in_the_declared_order(dialled: str, expected: DialledNumber) -> None:
    assert strip_codes(dialled.replace(" ", ""), RULES) == expected


def test_rules_hold_between_their_dates_and_take_the_exchanges_area_code() -> None:
    def row(order: int, kind: str, code: str | None, first: date, last: date | None) -> dict[str, object]:
        return {
            "rule_order": order, "kind": kind, "code": code, "min_rest_digits": 5, "tariff_plan_id": None,
            "zone_id": None, "valid_from": first, "valid_to": last,
        }  # fmt: skip

    rows = [
        row(20, "own_area_code", None, date(2026, 1, 1), None),
        row(10, "code", "17909", date(2026, 1, 1), date(2026, 3, 1)),
    ]
    assert rules_in_force(rows, date(2025, 12, 31), "0548") == []
    assert rules_in_force(rows, date(2026, 2, 28), "0548") == [DiallingRule("17909", 5), DiallingRule("0548", 5)]
    assert rules_in_force(rows, date(2026, 3, 1), "010") == [DiallingRule("010", 5)]
    assert rules_in_force(rows, date(2026, 3, 1), None) == []
