"""Numbers as dialled: the codes that a called number begins with are stripped in a declared order before its zone is sought.

One number at a time, for commands that explain a call and for finding the days that a changed rule touches. All calls of
a day are stripped by the same rule in dbt_project/macros/rating/dialled_numbers.sql.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

OWN_AREA_CODE = "own_area_code"

# What a service code begins with, and what only such a number keeps.
CODE_SIGNS = ("*", "#")
_WITHOUT_CODE_SIGNS = str.maketrans("", "", "*#")


@dataclass(frozen=True)
class DiallingRule:
    """A rule as it applies to one exchange: the code that it strips, and the plan or zone that the code selects."""

    code: str
    min_rest_digits: int
    tariff_plan_id: str | None = None
    zone_id: str | None = None
    fault: str | None = None


@dataclass(frozen=True)
class DialledNumber:
    """What is left of a number, what was stripped (in order, joined by '+'; None where nothing was), and what that selected."""

    rated_number: str
    access_code: str | None = None
    tariff_plan_id: str | None = None
    zone_id: str | None = None
    fault: str | None = None


def rules_in_force(
    rows: Iterable[Mapping[str, Any]],
    day: date,
    area_code: str | None,
    fault_of: Callable[[Mapping[str, Any]], str | None] = lambda row: None,
) -> list[DiallingRule]:
    """The rules of the book's table `dialling_rules` on a day, in their order, for an exchange with this area code.

    A rule for the own area code does not apply to an exchange without an area code. `fault_of` returns the fault of a row.
    """
    in_force = [row for row in rows if row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"])]
    found = []
    for row in sorted(in_force, key=lambda row: row["rule_order"]):
        code = area_code if row["kind"] == OWN_AREA_CODE else row["code"]
        if code:
            found.append(
                DiallingRule(code, row["min_rest_digits"], row["tariff_plan_id"], row["zone_id"], fault_of(row))
            )
    return found


def strip_codes(called_number: str, rules: Sequence[DiallingRule]) -> DialledNumber:
    """Try the rules in their order, each once, on what the rules before it left of a normalised number.

    A rule strips its code where the rest begins with it and keeps at least `min_rest_digits` digits. What is left and does
    not begin with `*` or `#` is an ordinary number: only its digits are kept. Of several stripped codes that select a plan
    (or a zone, or are faulty) the first does, for it was dialled first.
    """
    rest = called_number
    stripped = []
    for rule in rules:
        if not rest.startswith(rule.code):
            continue
        left = rest[len(rule.code) :]
        digits = left.translate(_WITHOUT_CODE_SIGNS)
        if len(digits) >= rule.min_rest_digits:
            rest = left if left.startswith(CODE_SIGNS) else digits
            stripped.append(rule)
    return DialledNumber(
        rest,
        "+".join(rule.code for rule in stripped) or None,
        next((rule.tariff_plan_id for rule in stripped if rule.tariff_plan_id is not None), None),
        next((rule.zone_id for rule in stripped if rule.zone_id is not None), None),
        next((rule.fault for rule in stripped if rule.fault is not None), None),
    )
