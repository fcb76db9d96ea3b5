"""The stripping of codes off a dialled number, by hand-worked cases."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.rating.dialling import DialledNumber, DiallingRule, rules_in_force, strip_codes
from orchestration.rating.tariffs import NoCharge, Tariffs
from orchestration.reference_book.reading import read_reference_book
from orchestration.settings import PROJECT_ROOT

RULES = (
    DiallingRule("17909", 5, tariff_plan_id="IP"),
    DiallingRule("17900", 5, tariff_plan_id="CARD", zone_id="Z_CARD"),
    DiallingRule("0086", 8, tariff_plan_id="HOME", zone_id="Z_HOME"),
    DiallingRule("0548", 7),
    DiallingRule("0", 8),
    DiallingRule("*31#", 3),
    DiallingRule("#31#", 3),
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
        # A caller withholds his number; what is left is a number like others, without a sign at its end.
        ("*31# 2200001", DialledNumber("2200001", "*31#")),
        ("#31# 114#", DialledNumber("114", "#31#")),
        ("*31# 11#", DialledNumber("*31#11#")),
        ("*31# #31# 114", DialledNumber("114", "*31#+#31#")),
        # What begins with a sign is a service code still, and no code of digits comes off it.
        ("*31# *21*0548#", DialledNumber("*21*0548#", "*31#")),
        ("*57 0548 2200001", DialledNumber("*5705482200001")),
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


def test_where_the_exchange_matters_it_must_be_named(tmp_path: Path) -> None:
    """The demo city's book with one exchange in an area of its own (010), and a rule whose zone nobody knows."""
    book = tmp_path / "reference"
    shutil.copytree(PROJECT_ROOT / "seeds" / "reference", book)
    exchanges = (book / "exchanges.csv").read_text(encoding="utf-8")
    (book / "exchanges.csv").write_text(exchanges.rstrip().removesuffix("0548") + "010\n", encoding="utf-8")
    with (book / "dialling_rules.csv").open("a", encoding="utf-8") as rules:
        rules.write("30,code,999,0,,NOWHERE,2015-01-01,2026-06-01,错,Faulty\n")
    tariffs, day = Tariffs(read_reference_book(book)), date(2026, 5, 20)

    assert tariffs.dial("05484411426", day, "E01") == DialledNumber("4411426", "0548")
    assert tariffs.dial("05484411426", day, "E05") == DialledNumber("05484411426")
    with pytest.raises(UsageError, match=r"05484411426 depends on the exchange \(E01: 4411426, .*E05: 05484411426\)"):
        tariffs.dial_anywhere("05484411426", day)
    # Dialled the same everywhere; and no exchange of the book, no rules.
    assert tariffs.dial_anywhere("179694411426", day) == DialledNumber("4411426", "17969", "IP_SAVER")
    assert tariffs.dial("179694411426", day, "E99") == DialledNumber("179694411426")

    faulty = tariffs.dial_anywhere("9994411426", day)
    for refused in (
        lambda: tariffs.plan_of(faulty, "STAFF", None, day),
        lambda: tariffs.zone_of_dialled(faulty, day),
    ):
        with pytest.raises(NoCharge, match=r"dialling rule 30: zone NOWHERE is not in zones.csv.*line 6\)"):
            refused()
    assert tariffs.dial_anywhere("9994411426", date(2026, 6, 1)).fault is None
