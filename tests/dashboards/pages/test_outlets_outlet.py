"""My outlet: what there is to do and what is behind it, worked by hand for two outlets.

O1 (unit U1) has two open problems and a resolved one; O2 (unit U2) one. Two debits of account A1 failed, 10.00 and 20.50, and
one of A2, 5.25.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.i18n import load
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, names, rows, sentences, targets, tile, total

_DAY = date(2026, 3, 20)


def _problem(problem_id: str, kind: str, severity: str, outlet: str | None, **more: object) -> dict[str, object]:
    return {
        "problem_id": problem_id,
        "found_on": _DAY,
        "kind": kind,
        "severity": severity,
        "business_unit_id": {"O1": "U1", "O2": "U2"}.get(outlet or ""),
        "outlet_id": outlet,
        "subject": problem_id,
        "detail": "number 2201 calls but no account holds it",
        "count": 1,
        "first_seen_on": _DAY,
        **more,
    }


def _failure(account: str, outlet: str, amount: str, day: int, line: int) -> dict[str, object]:
    return {
        "bank_code": "ICBC",
        "batch_id": "1",
        "debited_on": date(2026, 3, day),
        "line": line,
        "account_id": account,
        "customer_id": f"C-{account}",
        "outlet_id": outlet,
        "amount": Decimal(amount),
        "cause": "insufficient_funds",
        "is_cause_inferred": False,
    }


def _number(number: str, outlet: str | None, unit: str | None, amount: str) -> dict[str, object]:
    return {
        "calling_number": number,
        "calls": 3,
        "seconds": 180,
        "estimated_amount": Decimal(amount),
        "calls_without_estimate": 0,
        "first_seen_at": datetime(2026, 3, 1, 9),
        "last_seen_at": datetime(2026, 3, 2, 9),
        "exchange_id": "E1",
        "business_unit_id": unit,
        "outlet_id": outlet,
    }


def _record(record: str, outlet: str) -> dict[str, object]:
    return {
        "export_table": "accounts",
        "record_id": record,
        "rule_id": "debit_account_has_bank",
        "field": "bank_code",
        "rule_en": "the account has no bank_code",
        "rule_zh": "账户缺少 bank_code",
        "business_unit_id": "U1",
        "outlet_id": outlet,
        "failing_rows": 1,
        "first_seen_on": _DAY,
    }


MARTS: dict[str, Rows] = {
    "dimension_names": [
        ("outlet", "O1", "东门营业厅", "East Gate"),
        ("outlet", "O2", "西门营业厅", "West Gate"),
        ("business_unit", "U1", "城东", "East"),
        ("business_unit", "U2", "城西", "West"),
        ("exchange", "E1", "中心机房", "Central"),
    ],
    "problem_bulletin": [
        _problem("p-warn", "customer_record_incomplete", "warn", "O1", count=9),
        _problem("p-error", "undocumented_number", "error", "O1"),
        _problem("p-done", "undocumented_number", "error", "O1", resolved_on=_DAY),
        _problem("p-west", "double_order", "error", "O2"),
        _problem("p-nobody", "file_held", "critical", None),
    ],
    "debit_failures": [
        _failure("A1", "O1", "10.00", 3, 1),
        _failure("A1", "O1", "20.50", 10, 1),
        _failure("A2", "O2", "5.25", 10, 2),
    ],
    "undocumented_numbers": [
        _number("2201", "O1", "U1", "0.40"),
        _number("2202", "O2", "U2", "1.10"),
        _number("9999", None, None, "0.05"),
    ],
    "number_conflicts": [
        {"service_number": "2203", "kind": "double_order", "outlet_id": "O1"},
        {"service_number": "2204", "kind": "double_assignment", "outlet_id": None},
    ],
    "customer_records_incomplete": [_record("R1", "O1"), _record("R2", "O2")],
}


def test_all_outlets_have_every_open_problem_of_an_outlet_the_gravest_first(published: Path) -> None:
    page = drawn(published, "outlet", MARTS)
    assert column(page, "to_do", "Subject") == ["p-error", "p-west", "p-warn"]
    assert column(page, "to_do", "What to do")[0].startswith("Find out who uses the number")
    assert tile(page, "To do") == "3"
    assert tile(page, "Not collected by direct debit") == "35.75"
    assert tile(page, "Waits for a holder") == "1.55"


def test_an_outlet_has_its_own(published: Path) -> None:
    page = drawn(published, "outlet", MARTS, outlet="O1")
    assert page.heading == "Outlet East Gate"
    assert column(page, "to_do", "Subject") == ["p-error", "p-warn"]
    assert rows(page, "failed_debits") == [
        ("A1", "C-A1", "East Gate", Decimal("20.50"), 2, date(2026, 3, 10), "ICBC", "Insufficient funds", False, None),
        ("A1", "C-A1", "East Gate", Decimal("10.00"), 2, date(2026, 3, 3), "ICBC", "Insufficient funds", False, None),
    ]
    assert total(page, "failed_debits")[3] == Decimal("30.50")
    assert column(page, "undocumented_numbers", "Charged number") == ["2201"]
    assert [row[0] for row in rows(page, "number_conflicts")] == ["2203"]
    assert column(page, "incomplete_records", "What is wrong") == ["the account has no bank_code"]


def test_chinese_has_its_own_rule_and_sentence(published: Path) -> None:
    page = drawn(published, "outlet", MARTS, language="zh", outlet="O1")
    assert column(page, "incomplete_records", "不合格说明") == ["账户缺少 bank_code"]
    assert column(page, "to_do", "说明")[0] == "号码 2201 有通话，但没有账户持有"


def test_an_account_leads_to_its_bills(published: Path) -> None:
    page = drawn(published, "outlet", MARTS, outlet="O2")
    assert [(target.page, target.params) for target in targets(page, "failed_debits")] == [
        ("bills", (("account", "A2"),))
    ]


def test_a_scope_has_its_own_rows_and_their_sums(published: Path) -> None:
    viewer = Viewer(Role.OUTLET, Scope(outlets=frozenset({"O2"})))
    page = drawn(published, "outlet", {**MARTS, "bills": []}, viewer=viewer)
    assert column(page, "to_do", "Kind") == ["Number ordered twice"]
    assert total(page, "failed_debits")[3] == Decimal("5.25")
    assert total(page, "undocumented_numbers")[6] == Decimal("1.10")
    assert "number_conflicts" not in names(page)


def test_an_outlet_without_anything_says_so(published: Path) -> None:
    page = drawn(published, "outlet", {mart: [] if mart != "dimension_names" else rows for mart, rows in MARTS.items()})
    assert names(page) == set()
    assert len(sentences(page)) == 5 and sentences(page)[0].startswith("There is nothing to do")


def test_an_edition_without_a_mart_has_the_other_sections(published: Path) -> None:
    page = drawn(published, "outlet", {mart: rows for mart, rows in MARTS.items() if mart != "debit_failures"})
    absent = "Not shown: this edition does not have the published table Failed debits (debit_failures). The next run publishes it."
    assert absent in sentences(page)
    assert "to_do" in names(page)


def test_an_unknown_outlet_is_not_there(published: Path) -> None:
    page = drawn(published, "outlet", MARTS, outlet="O9")
    assert page.status == 404 and "O9" in sentences(page)[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_problem_has_what_to_do(language: str) -> None:
    texts = load(language)
    kinds = {key.removeprefix("problem_kind.") for key in texts if key.startswith("problem_kind.")}
    answers = {key.removeprefix("problem_todo.") for key in texts if key.startswith("problem_todo.")}
    assert kinds and kinds == answers


def test_undocumented_numbers_sum_up_for_a_unit(published: Path) -> None:
    page = drawn(published, "undocumented", MARTS)
    assert column(page, "undocumented_numbers", "Charged number") == ["2202", "2201", "9999"]
    assert column(page, "undocumented_numbers", "Business unit") == ["West", "East", "not assigned"]
    assert total(page, "undocumented_numbers")[4:8] == (9, 540, Decimal("1.55"), 0)
    of_unit = drawn(published, "undocumented", MARTS, unit="U2", exchange="E1")
    assert column(of_unit, "undocumented_numbers", "Charged number") == ["2202"]
    nobody = drawn(published, "undocumented", MARTS, unit="unassigned")
    assert total(nobody, "undocumented_numbers")[6] == Decimal("0.05")
