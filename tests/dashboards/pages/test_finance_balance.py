"""A month worked by hand. February's files have 100 records: 60 rated for 10.001, 2 undocumented worth 0.50, 38 not answered.

0.004 of the rated calls are billed in January, and 0.10 are late calls of other files: 10.097 are charged (10.498 by the tariff less
0.40 of a package and 0.001 of a maximum price), on usage lines of 10.10. With 20.00 of rental and 5.10 of promotion the bills are
25.00: 18.00 of U1, 7.00 of nobody. 16.00 were paid, 1.00 came back, 1.00 was written off, so 9.00 are open: 2.00 not due, 7.00 of nobody
for 31 to 60 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboards.i18n import load
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, figures, names, rows, sentences, tile, tones, total

NOBODY = "unassigned"


def _row(
    step: str, item: str, unit: str, amount: str | None, records: int = 0, age: str = "none", **more: object
) -> dict[str, object]:
    return {
        "billing_period": "2026-02",
        "step": step,
        "item": item,
        "business_unit_id": unit,
        "age_bucket": age,
        "records": records,
        "amount": None if amount is None else Decimal(amount),
        "calls_without_estimate": 0,
        **more,
    }


MONTH = [
    _row("read", "read", NOBODY, None, 100, seconds=5000),
    _row("state", "rated", NOBODY, "10.001", 60, seconds=4900),
    _row("state", "undocumented", "U1", None, 2, "8-30", seconds=100, estimated_amount=Decimal("0.50")),
    _row("state", "not_answered", NOBODY, None, 38, seconds=0),
    _row("period", "other_month_out", NOBODY, "-0.004", -1, seconds=-9),
    _row("period", "late_in", NOBODY, "0.10", 1, seconds=30),
    _row("charge", "list_price", "U1", "7.50", 40, seconds=3000),
    _row("charge", "packages", "U1", "-0.40"),
    _row("charge", "list_price", NOBODY, "2.998", 20, seconds=1921),
    _row("charge", "price_caps", NOBODY, "-0.001"),
    _row("rounding", "cents", NOBODY, "0.003"),
    _row("line", "usage", "U1", "7.10", 3),
    _row("line", "usage", NOBODY, "3.00", 2),
    _row("line", "recurring", "U1", "16.00", 2),
    _row("line", "promotion", "U1", "-5.10", 1),
    _row("line", "recurring", NOBODY, "4.00", 1),
    _row("bill", "issued", "U1", "18.00", 2),
    _row("bill", "issued", NOBODY, "7.00", 1),
    _row("settlement", "applied", "U1", "16.00", 2),
    _row("settlement", "returned", "U1", "-1.00", 1),
    _row("settlement", "written_off", "U1", "1.00", 1),
    _row("open", "unpaid", "U1", "2.00", 1, "not_due"),
    _row("open", "unpaid", NOBODY, "7.00", 1, "31-60"),
    _row("cash", "counter", "U1", "20.00", 2),
    _row("cash", "taken_back", "U1", "-1.00", 1) | {"billing_period": "2026-03"},
    _row("left", "prepaid", "U1", "4.00", 1) | {"billing_period": "2026-03"},
]


def _day(
    day: int, step: str, item: str, records: int, seconds: int, amount: str | None = None, estimate: str | None = None
) -> dict[str, object]:
    return {
        "file_date": date(2026, 2, day),
        "step": step,
        "item": item,
        "records": records,
        "seconds": seconds,
        "amount": None if amount is None else Decimal(amount),
        "estimated_amount": None if estimate is None else Decimal(estimate),
        "calls_without_estimate": 0,
    }


def _kpi(
    measure: str, item: str, unit: str, numerator: str, denominator: str, target: float | None = None
) -> dict[str, object]:
    return {
        "billing_period": "2026-02",
        "kpi": measure,
        "item": item,
        "unit": unit,
        "numerator": Decimal(numerator),
        "denominator": Decimal(denominator),
        "value": float(Decimal(numerator) / Decimal(denominator)),
        "target": target,
    }


MARTS: Mapping[str, Rows] = {
    "dimension_names": [
        {"dimension": "business_unit", "dimension_id": "U1", "name_zh": "城东经营部", "name_en": "East Unit"}
    ],
    "bills": [{"account_id": "C1", "billing_period": "2026-02", "customer_id": "K1", "business_unit_id": "U1"}],
    "billing_periods": [
        {"billing_period": "2026-02", "period_state": "open", "issued_on": date(2026, 3, 1), "due_on": date(2026, 3, 25)},
        {"billing_period": "2026-03", "period_state": "provisional", "issued_on": date(2026, 4, 1), "due_on": date(2026, 4, 25)},
    ],
    "collection_rates": [
        {"billing_period": "2026-02", "dimension": "branch", "dimension_id": "branch", "as_of": date(2026, 3, 20), "bills": 3,
         "receivable": Decimal("25.00"), "received": Decimal("15.00"), "collection_rate": 0.6}
    ],
    "revenue_balance_monthly": MONTH,
    "revenue_balance_daily": [
        _day(1, "read", "read", 90, 4500),
        _day(1, "state", "rated", 60, 4500, "10.001"),
        _day(1, "state", "not_answered", 30, 0),
        _day(1, "charge", "list_price", 60, 4500, "10.401"),
        _day(1, "charge", "packages", 0, 0, "-0.40"),
        _day(2, "read", "read", 10, 100),
        _day(2, "state", "undocumented", 2, 100, estimate="0.50"),
        _day(2, "state", "not_answered", 8, 0),
    ],
    "revenue_assurance_kpis": [
        _kpi("leakage", "undocumented", "amount", "0.50", "10.501"),
        _kpi("leakage", "all", "amount", "0.50", "10.501"),
        _kpi("billing_errors", "all", "bills", "1", "4", 0.05),
        _kpi("debit_returns", "insufficient_funds", "debits", "1", "8"),
    ],
}  # fmt: skip
OF_U1 = Viewer(Role.FINANCE, Scope(units=frozenset({"U1"})))


def test_the_walk_leads_from_the_rated_calls_to_what_is_open(tmp_path: Path) -> None:
    page = drawn(tmp_path, "balance", MARTS, period="2026-02")
    steps = [
        (str(item or step), balance)
        for step, item, balance in zip(
            column(page, "walk", "Step"), column(page, "walk", "Item"), column(page, "walk", "Balance"), strict=True
        )
    ]
    assert steps == [
        ("Rated", Decimal("10.001")),
        ("Begun in another month, billed there", Decimal("9.997")),
        ("Late, of a closed month", Decimal("10.097")),
        ("Charged", Decimal("10.097")),
        ("Rounding to the cent", Decimal("10.10")),
        ("Usage lines", Decimal("10.10")),
        ("Recurring", Decimal("30.10")),
        ("Promotions", Decimal("25.00")),
        ("Billed", Decimal("25.00")),
        ("Payments applied", Decimal("9.00")),
        ("Returned", Decimal("10.00")),
        ("Written off", Decimal("9.00")),
        ("Open", Decimal("9.00")),
    ]


def test_what_does_not_agree_is_shown_in_red(tmp_path: Path) -> None:
    """A cent less of recurring lines: the bills are not their lines, and what is open is not what is left of them."""
    assert tones(drawn(tmp_path / "sound", "balance", MARTS, period="2026-02"), "walk") == ["good"] * 4
    unsound = [
        row | {"amount": Decimal("3.99")} if (row["item"], row["amount"]) == ("recurring", Decimal("4.00")) else row
        for row in MONTH
    ]
    page = drawn(tmp_path / "unsound", "balance", {**MARTS, "revenue_balance_monthly": unsound}, period="2026-02")
    assert tones(page, "walk") == ["good", "good", "bad", "bad"]


def test_units_sum_to_the_month(tmp_path: Path) -> None:
    page = drawn(tmp_path, "balance", MARTS, period="2026-02")
    money = {
        unit: tuple(map(Decimal, amounts))
        for unit, *amounts in (
            ("East Unit", "7.50", "-0.40", "0", "0", "16.00", "-5.10", "0", "18.00", "-15.00", "-1.00", "2.00"),
            ("not assigned", "2.998", "0", "-0.001", "0.003", "4.00", "0", "0", "7.00", "0", "0", "7.00"),
        )
    }
    assert rows(page, "by_unit") == [(unit, *amounts) for unit, amounts in money.items()]
    assert total(page, "by_unit")[1:] == tuple(sum(pair) for pair in zip(*money.values(), strict=True))
    assert len(rows(page, "rows")) == len(MONTH) - 3, "payments stand apart"


def test_states_and_days_sum_to_what_was_read(tmp_path: Path) -> None:
    page = drawn(tmp_path, "balance", MARTS, period="2026-02")
    assert rows(page, "states") == [
        ("Not answered", 38, 0, None, None, 0),
        ("Undocumented", 2, 100, None, Decimal("0.50"), 0),
        ("Rated", 60, 4900, Decimal("10.001"), None, 0),
    ]
    assert total(page, "states") == ("Total", 100, 5000, Decimal("10.001"), Decimal("0.50"), 0)
    assert any("100 records of 5,000 seconds" in text for text in definitions(page))
    nothing = Decimal(0)
    assert rows(page, "days") == [
        (
            date(2026, 2, 1),
            90,
            4500,
            0,
            30,
            0,
            60,
            Decimal("10.401"),
            Decimal("-0.40"),
            nothing,
            Decimal("10.001"),
            nothing,
        ),
        (date(2026, 2, 2), 10, 100, 0, 8, 2, 0, nothing, nothing, nothing, nothing, Decimal("0.50")),
    ]


def definitions(page: Any) -> list[str]:
    """The definitions of the tables."""
    return [table.definition for table in page.tables()]


def test_all_payments_are_applied_or_left(tmp_path: Path) -> None:
    """20.00 less 1.00 = 15.00 applied + 4.00 prepaid."""
    page = drawn(tmp_path, "balance", MARTS, period="2026-02")
    assert rows(page, "cash_table") == [
        ("2026-02", "Paid at the counter", 2, Decimal("20.00")),
        ("2026-03", "Taken back", 1, Decimal("-1.00")),
    ]
    assert total(page, "cash_table")[-1] == Decimal("19.00")
    assert "All payments 19.00 = applied to bills 15.00 + on no bill 4.00." in definitions(page)


def test_a_measure_above_its_target_is_bad(tmp_path: Path) -> None:
    page = drawn(tmp_path, "balance", MARTS, period="2026-02")
    assert column(page, "measures", "Measure") == ["Leakage", "Leakage", "Billing errors", "Debits returned or failed"]
    assert column(page, "measures", "Of it") == ["Undocumented", "Total", "Total", "Insufficient funds"]
    assert column(page, "measures", "Target") == [None, None, 0.05, None]
    assert tones(page, "measures") == ["bad"]


def test_what_flows_into_a_node_flows_out_of_it(tmp_path: Path) -> None:
    """Between the files' calls, the months that bill them, the lines, the bills, and what became of these."""
    page = drawn(tmp_path, "balance", MARTS, period="2026-02")
    (figure,) = figures(page)
    (sankey,) = figure.figure.data
    labels = [label.split("<br>") for label in sankey.node.label]
    flows = {
        (labels[source][0], labels[target][0]): Decimal(value)
        for source, target, value in zip(sankey.link.source, sankey.link.target, sankey.link.value, strict=True)
    }
    assert flows == {
        ("Calls in the files", "Suspended (estimate)"): Decimal("0.50"),
        ("Calls in the files", "Rated"): Decimal("10.001"),
        ("Rated", "Billed in other months"): Decimal("0.004"),
        ("Rated", "Lines"): Decimal("9.997"),
        ("From files of other months", "Lines"): Decimal("0.10"),
        ("Rounded up", "Lines"): Decimal("0.003"),
        ("Recurring", "Lines"): Decimal("20.00"),
        ("Lines", "Promotions"): Decimal("5.10"),
        ("Lines", "Bills"): Decimal("25.00"),
        ("Bills", "Paid"): Decimal("15.00"),
        ("Bills", "Written off"): Decimal("1.00"),
        ("Bills", "Open, not due"): Decimal("2.00"),
        ("Bills", "Open, 31–60 days"): Decimal("7.00"),
    }
    assert dict(labels)["Bills"] == "25.00"
    for node in ("Rated", "Lines", "Bills"):
        into = sum(amount for (_, target), amount in flows.items() if target == node)
        assert into == sum(amount for (source, _), amount in flows.items() if source == node), node


def test_a_unit_sees_its_own_money_and_no_files(tmp_path: Path) -> None:
    page = drawn(tmp_path, "balance", MARTS, viewer=OF_U1, period="2026-02")
    assert tile(page, "Billed") == "18.00"
    assert tile(page, "Open") == "2.00"
    assert [unit for unit, *_ in rows(page, "by_unit")] == ["East Unit"]
    assert column(page, "walk", "Balance")[-1] == Decimal("2.00")
    assert tones(page, "walk") == ["good"] * 4
    assert {"states", "days", "measures"}.isdisjoint(names(page))
    assert load("en")["scope_note.branch_only"] in sentences(page)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_month_without_rows_says_so(tmp_path: Path, language: str) -> None:
    empty: dict[str, Rows] = {
        **MARTS,
        "revenue_balance_monthly": [],
        "revenue_balance_daily": [],
        "revenue_assurance_kpis": [],
    }
    page = drawn(tmp_path, "balance", empty, language=language, period="2026-03")
    assert load(language)["balance.no_rows"].format(period="2026-03") in sentences(page)
    assert load(language)["balance.no_months"] in sentences(page)
