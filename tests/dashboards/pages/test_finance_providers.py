"""Settlement with the providers, worked by hand: in 2026-02 S1 is due 3.90 of 6.50 (3 calls), and S2 0.63 of 1.25 (one call)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from dashboards.figures.providers import share_bars
from dashboards.i18n import Translate, load
from dashboards.pages.finance.providers import CUSTOMERS_SHOWN
from dashboards.pages.model import Target
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, figures, names, rows, sentences, table, total


def _settled(provider: str, period: str, calls: int, seconds: int, amount: str, share: str) -> dict[str, object]:
    return {
        "provider_id": provider,
        "billing_period": period,
        "calls": calls,
        "seconds": seconds,
        "amount": Decimal(amount),
        "share_amount": Decimal(share),
    }


def _called(customer: str, prefix: str, provider: str, calls: int, seconds: int, amount: str) -> dict[str, object]:
    return {
        "billing_period": "2026-02",
        "customer_id": customer,
        "access_prefix": prefix,
        "provider_id": provider,
        "provider_name": {"S1": "云汐信息", "S2": "天天声讯"}[provider],
        "contact": "0548-1",
        "calls": calls,
        "seconds": seconds,
        "amount": Decimal(amount),
    }


MARTS: Mapping[str, Rows] = {
    "billing_periods": [
        {"billing_period": "2026-01", "period_state": "closed"},
        {"billing_period": "2026-02", "period_state": "open"},
        {"billing_period": "2026-03", "period_state": "provisional"},
    ],
    "collection_rates": [
        {"billing_period": period, "dimension": "branch", "dimension_id": "branch"} for period in ("2026-01", "2026-02")
    ],
    "info_service_settlements": [
        _settled("S1", "2026-01", 1, 60, "2.00", "1.20"),
        _settled("S2", "2026-02", 1, 70, "1.25", "0.63"),
        _settled("S1", "2026-02", 3, 400, "6.50", "3.90"),
    ],
    "info_service_calls": [
        _called("K1", "160", "S1", 1, 100, "2.00"),
        _called("K1", "168", "S2", 1, 70, "1.25"),
        _called("K2", "160", "S1", 2, 300, "4.50"),
    ],
}


def test_shares_sum_to_the_foot(tmp_path: Path) -> None:
    page = drawn(tmp_path, "providers", MARTS)
    assert rows(page, "settlements") == [
        ("S1", "云汐信息", 3, 400, Decimal("6.500000"), Decimal("3.90")),
        ("S2", "天天声讯", 1, 70, Decimal("1.250000"), Decimal("0.63")),
    ]
    assert total(page, "settlements") == ("Total", None, 4, 470, Decimal("7.750000"), Decimal("4.53"))


def test_services_count_a_customer_once_in_the_total(tmp_path: Path) -> None:
    page = drawn(tmp_path, "providers", MARTS)
    assert [row[:1] + row[4:] for row in rows(page, "services")] == [
        ("160", 2, 3, 400, Decimal("6.500000")),
        ("168", 1, 1, 70, Decimal("1.250000")),
    ]
    assert total(page, "services")[4:] == (2, 4, 470, Decimal("7.750000"))


def test_customers_are_in_the_order_of_their_amounts(tmp_path: Path) -> None:
    page = drawn(tmp_path, "providers", MARTS)
    assert rows(page, "customers") == [
        ("K2", 1, 2, 300, Decimal("4.500000")),
        ("K1", 2, 2, 170, Decimal("3.250000")),
    ]
    many = [_called(f"K{number:03d}", "160", "S1", 1, 60, "1.00") for number in range(CUSTOMERS_SHOWN + 5)]
    page = drawn(tmp_path, "providers", {**MARTS, "info_service_calls": many})
    assert len(rows(page, "customers")) == CUSTOMERS_SHOWN
    assert f"first {CUSTOMERS_SHOWN} of {CUSTOMERS_SHOWN + 5}" in table(page, "customers").definition


def test_months_lead_to_their_page(tmp_path: Path) -> None:
    page = drawn(tmp_path, "providers", MARTS)
    assert column(page, "by_period", "Billing period") == ["2026-01", "2026-02"]
    assert total(page, "by_period")[2:] == (5, 530, Decimal("9.750000"), Decimal("5.73"))
    assert dict(figures(page)[0].links)["2026-01"] == Target.to("providers", period="2026-01")


def test_running_period_is_provisional_and_an_empty_one_says_so(tmp_path: Path) -> None:
    marts = {**MARTS, "info_service_settlements": [_settled("S1", "2026-03", 1, 60, "2.00", "1.20")]}
    page = drawn(tmp_path, "providers", marts, period="2026-03")
    assert page.sections[0].intro == Translate.to("en")("providers.intro_running", period="2026-03")
    assert Translate.to("en")("providers.no_calls", period="2026-03") in sentences(page)
    page = drawn(tmp_path, "providers", marts, language="zh", period="2026-02")
    assert Translate.to("zh")("providers.no_settlements", period="2026-02") in sentences(page)


def test_scope_sees_its_customers_and_no_settlement(tmp_path: Path) -> None:
    bills = [
        {"account_id": customer, "billing_period": "2026-02", "customer_id": customer, "business_unit_id": unit}
        for customer, unit in (("K1", "U1"), ("K2", "U2"))
    ]
    viewer = Viewer(Role.FINANCE, Scope(units=frozenset({"U1"})))
    page = drawn(tmp_path, "providers", {**MARTS, "bills": bills}, viewer=viewer, period="2026-02")
    assert column(page, "customers", "Customer") == ["K1"]
    assert total(page, "services")[4:] == (1, 2, 170, Decimal("3.250000"))
    assert "settlements" not in names(page) and load("en")["providers.no_months"] in sentences(page)


def test_bars_are_of_both_amounts() -> None:
    figure = share_bars([("2026-01", Decimal("2.00"), Decimal("1.20"))], Translate.to("en"))
    assert [list(bar.y) for bar in figure.data] == [["2.00"], ["1.20"]]
    assert figure.layout.yaxis.rangemode == "tozero"
