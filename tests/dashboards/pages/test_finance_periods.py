"""Billing periods worked by hand: 2026-01 is closed, 2026-02 open, 2026-03 runs and its bill of 999.00 is not receivable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.i18n import Translate, load
from dashboards.pages.model import Target
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import drawn, rows, sentences, table, targets, tones, total


def _bill(account: str, period: str, unit: str, amount: str, is_provisional: bool = False) -> dict[str, object]:
    return {
        "account_id": account,
        "billing_period": period,
        "customer_id": account,
        "business_unit_id": unit,
        "amount": Decimal(amount),
        "is_provisional": is_provisional,
    }


def _paid(payment: str, account: str, period: str, amount: str) -> dict[str, object]:
    return {
        "payment_id": payment,
        "account_id": account,
        "billing_period": period,
        "applied_on": date(2026, 3, 1),
        "amount": Decimal(amount),
    }


def _reopened(number: int, account: str, item: str, frozen: str, now: str, calls: int = 0) -> dict[str, object]:
    return {
        "billing_period": "2026-01",
        "reopening_number": number,
        "account_id": account,
        "bill_item_id": item,
        "frozen_calls": calls,
        "calls": calls + 1 if calls else 0,
        "frozen_seconds": 60 * calls,
        "seconds": 60 * calls + 60 if calls else 0,
        "frozen_lines": 1,
        "lines": 1,
        "frozen_amount": Decimal(frozen),
        "amount": Decimal(now),
        "difference_amount": Decimal(now) - Decimal(frozen),
        "reopened_at": datetime(2026, 3, number, 9, 30),
        "reopened_by": "wang",
        "why": "late files",
    }


#: The first reopening moves 10.00 between the items of C1 and adds 2.50 to the bill of C2; the second takes 1.00 from C2.
REOPENINGS: Rows = [
    _reopened(1, "C1", "CALLS", "60.00", "70.00", calls=3),
    _reopened(1, "C1", "RENTAL", "40.00", "30.00"),
    _reopened(1, "C2", "CALLS", "5.00", "7.50", calls=2),
    _reopened(2, "C1", "CALLS", "70.00", "70.00"),
    _reopened(2, "C1", "RENTAL", "30.00", "30.00"),
    _reopened(2, "C2", "CALLS", "7.50", "6.50"),
]


def _period(period: str, state: str, month: int) -> dict[str, object]:
    return {
        "billing_period": period,
        "period_state": state,
        "issued_on": date(2026, month, 1),
        "due_on": date(2026, month, 25),
    }


MARTS: Mapping[str, Rows] = {
    "billing_periods": [
        _period("2026-01", "closed", 2),
        _period("2026-02", "open", 3),
        _period("2026-03", "provisional", 4),
    ],
    "bills": [
        _bill("C1", "2026-01", "U1", "100.00"),
        _bill("C1", "2026-02", "U1", "200.00"),
        _bill("C2", "2026-02", "U2", "100.00"),
        _bill("C1", "2026-03", "U1", "999.00", is_provisional=True),
    ],
    "payment_applications": [
        _paid("P1", "C1", "2026-01", "110.00"),
        _paid("P2", "C1", "2026-01", "-10.00"),
        _paid("P3", "C2", "2026-02", "75.00"),
    ],
    "bill_write_offs": [
        {"adjustment_id": "W1", "account_id": "C2", "billing_period": "2026-02", "amount": Decimal("5.00")}
    ],
    "rated_calls": [
        {"call_id": "f:1", "billing_period": "2026-02", "business_unit_id": "U1"},
        {"call_id": "f:2", "billing_period": "2026-02", "business_unit_id": "U2"},
        {"call_id": "f:3", "billing_period": "2026-03", "business_unit_id": "U1"},
    ],
    "period_reopenings": REOPENINGS,
}


def test_provisional_bills_are_not_receivable(tmp_path: Path) -> None:
    page = drawn(tmp_path, "periods", MARTS)
    zero = Decimal("0.00")
    assert [(row[0], *row[2:3], *row[5:]) for row in rows(page, "periods")] == [
        ("2026-03", False, 1, zero, zero, zero, zero, None, Decimal("999.00"), 1),
        (
            "2026-02",
            False,
            2,
            Decimal("300.00"),
            Decimal("75.00"),
            Decimal("5.00"),
            Decimal("220.00"),
            Decimal("0.25"),
            zero,
            2,
        ),
        ("2026-01", True, 1, Decimal("100.00"), Decimal("100.00"), zero, zero, Decimal("1"), zero, 0),
    ]
    # 175.00 of 400.00.
    assert total(page, "periods")[5:] == (
        4,
        Decimal("400.00"),
        Decimal("175.00"),
        Decimal("5.00"),
        Decimal("220.00"),
        Decimal("0.4375"),
        Decimal("999.00"),
        3,
    )
    assert tones(page, "periods") == ["warning", "good"]
    assert Target.to("overview", period="2026-02") in targets(page, "periods")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_state_says_what_can_still_change(tmp_path: Path, language: str) -> None:
    t = Translate.to(language)
    found = rows(drawn(tmp_path, "periods", MARTS, language=language), "what_can_change")
    assert [row[2:] for row in found] == [
        tuple(t(f"period_list.{key}") for key in keys)
        for keys in (
            ("calls_provisional", "bills_provisional", "received_running"),
            ("calls_open", "bills_open", "received_on"),
            ("calls_closed", "bills_closed", "received_on"),
        )
    ]


def test_unit_sees_its_own_bills(tmp_path: Path) -> None:
    viewer = Viewer(Role.FINANCE, Scope(units=frozenset({"U2"})))
    page = drawn(tmp_path, "periods", MARTS, viewer=viewer)
    assert total(page, "periods")[5:10] == (1, Decimal("100.00"), Decimal("75.00"), Decimal("5.00"), Decimal("20.00"))
    assert total(page, "periods")[-1] == 1


def test_edition_without_periods_says_so(tmp_path: Path) -> None:
    page = drawn(tmp_path, "periods", {mart: [] for mart in MARTS})
    assert sentences(page) == [load("en")["period_list.none"]]


def test_reopenings_show_what_had_been_closed_and_what_it_comes_to(tmp_path: Path) -> None:
    page = drawn(tmp_path, "periods", MARTS)
    first, second = datetime(2026, 3, 1, 9, 30), datetime(2026, 3, 2, 9, 30)
    assert rows(page, "reopenings") == [
        ("2026-01", 2, second, "wang", "late files"),
        ("2026-01", 1, first, "wang", "late files"),
    ]
    # Calls and seconds as closed and since, bills that changed, then the amounts.
    assert rows(page, "reopening_figures") == [
        ("2026-01", 2, 0, 0, 0, 0, 1, *money("107.50", "106.50", "-1.00")),
        ("2026-01", 1, 5, 7, 300, 420, 1, *money("105.00", "107.50", "2.50")),
    ]
    assert rows(page, "reopenings_by_item") == [
        ("2026-01", 2, "CALLS", 2, 2, *money("77.50", "76.50", "-1.00")),
        ("2026-01", 2, "RENTAL", 1, 1, *money("30.00", "30.00", "0.00")),
        ("2026-01", 1, "CALLS", 2, 2, *money("65.00", "77.50", "12.50")),
        ("2026-01", 1, "RENTAL", 1, 1, *money("40.00", "30.00", "-10.00")),
    ]
    assert rows(page, "reopened_bills") == [
        ("2026-01", 2, "C2", 0, 0, *money("7.50", "6.50", "-1.00")),
        ("2026-01", 1, "C2", 2, 3, *money("5.00", "7.50", "2.50")),
    ]
    assert Target.to("bills", account="C2") in targets(page, "reopened_bills")
    # A sum over both would count the money of January twice.
    assert table(page, "reopenings_by_item").total is table(page, "reopened_bills").total is None


def test_one_reopening_has_its_totals(tmp_path: Path) -> None:
    page = drawn(tmp_path, "periods", {**MARTS, "period_reopenings": REOPENINGS[:3]})
    assert total(page, "reopenings_by_item")[3:] == (3, 3, *money("105.00", "107.50", "2.50"))
    assert total(page, "reopened_bills")[5:] == money("5.00", "7.50", "2.50")


def test_without_a_reopening_the_page_says_so(tmp_path: Path) -> None:
    page = drawn(tmp_path, "periods", {**MARTS, "period_reopenings": []})
    assert load("en")["period_list.no_reopenings"] in sentences(page)


def money(*texts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, texts))
