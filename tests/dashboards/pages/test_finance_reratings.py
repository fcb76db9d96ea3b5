"""Re-ratings worked by hand: R1 changed 3 calls from 1.500000 to 1.200000, and posts -0.20 of it for a closed period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from dashboards.i18n import load
from dashboards.pages.model import Target
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, names, rows, sentences, targets, total


def _changed(account: str, zone: str, unit: str | None, calls: int, before: str, after: str) -> dict[str, object]:
    return {
        "rerate_id": "R1",
        "account_id": account,
        "zone_id": zone,
        "business_unit_id": unit,
        "billing_period": "2026-02",
        "is_period_closed": False,
        "calls_before": calls,
        "calls_after": calls,
        "calls_changed": calls,
        "newly_rated_calls": 0,
        "no_longer_rated_calls": 0,
        "amount_before": Decimal(before),
        "amount_after": Decimal(after),
        "amount_difference": Decimal(after) - Decimal(before),
        "first_day": date(2026, 2, 1),
        "last_day": date(2026, 2, 28),
        "why": "wrong price of zone Z1",
    }


MARTS: Mapping[str, Rows] = {
    "dimension_names": [
        {"dimension": "business_unit", "dimension_id": "U1", "name_zh": "城东经营部", "name_en": "East Unit"},
        {"dimension": "zone", "dimension_id": "Z1", "name_zh": "省内", "name_en": "Province"},
    ],
    "bills": [
        {"account_id": "C1", "billing_period": "2026-02", "customer_id": "K1", "business_unit_id": "U1"},
        {"account_id": "C2", "billing_period": "2026-02", "customer_id": "K2", "business_unit_id": "U2"},
    ],
    "rerating_changes": [
        _changed("C1", "Z1", "U1", 2, "1.000000", "0.900000"),
        _changed("C2", "Z1", None, 1, "0.500000", "0.300000"),
    ],
    "rerating_adjustments": [
        {
            "rerate_id": "R1",
            "account_id": "C2",
            "service_number": "2201",
            "bill_item_id": "B1",
            "zone_id": "Z1",
            "closed_period": "2026-01",
            "call_date": date(2026, 1, day),
            "calls": 1,
            "amount_before": Decimal("0.250000"),
            "amount_after": Decimal("0.150000"),
            "amount_difference": Decimal("-0.100000"),
            "adjusted_in": "2026-02",
        }
        for day in (3, 4)
    ],
}


def test_rows_of_every_part_sum_to_the_rerating(tmp_path: Path) -> None:
    page = drawn(tmp_path, "reratings", MARTS)
    amounts = (Decimal("1.500000"), Decimal("1.200000"), Decimal("-0.300000"))
    assert rows(page, "reratings") == [
        ("R1", date(2026, 2, 1), date(2026, 2, 28), "wrong price of zone Z1", 3, 3, 3, 0, 0, *amounts)
    ]
    assert rows(page, "by_unit") == [
        ("R1", "East Unit", 2, Decimal("1.000000"), Decimal("0.900000"), Decimal("-0.100000")),
        ("R1", "not assigned", 1, Decimal("0.500000"), Decimal("0.300000"), Decimal("-0.200000")),
    ]
    assert rows(page, "by_zone") == [("R1", "Province", 3, *amounts)]
    for name in ("by_unit", "by_zone"):
        assert total(page, name)[2:] == (3, *amounts)
    assert total(page, "changes")[6:10] == (3, *amounts)


def test_largest_difference_is_on_top_and_leads_to_the_account(tmp_path: Path) -> None:
    page = drawn(tmp_path, "reratings", MARTS)
    assert column(page, "changes", "Account") == ["C2", "C1"]
    assert targets(page, "changes") == {Target.to("bills", account="C1"), Target.to("bills", account="C2")}


def test_adjustments_by_period_sum_their_rows(tmp_path: Path) -> None:
    page = drawn(tmp_path, "reratings", MARTS)
    amounts = (Decimal("0.500000"), Decimal("0.300000"), Decimal("-0.200000"))
    assert rows(page, "adjustments_by_period") == [("R1", "2026-01", "2026-02", 2, *amounts)]
    assert len(rows(page, "adjustments")) == 2 and total(page, "adjustments")[9:12] == amounts


def test_without_a_rerating_the_page_says_so_in_both_languages(tmp_path: Path) -> None:
    for language in ("zh", "en"):
        page = drawn(tmp_path, "reratings", {"rerating_changes": [], "rerating_adjustments": []}, language=language)
        texts = load(language)
        assert sentences(page) == [texts["reratings.none"], texts["reratings.no_adjustments"]]
        assert not names(page)


def test_unit_sees_its_own_rows_and_their_sum(tmp_path: Path) -> None:
    viewer = Viewer(Role.FINANCE, Scope(units=frozenset({"U1"})))
    page = drawn(tmp_path, "reratings", MARTS, viewer=viewer)
    assert column(page, "changes", "Account") == ["C1"]
    assert total(page, "by_zone")[2:] == (2, Decimal("1.000000"), Decimal("0.900000"), Decimal("-0.100000"))
    assert "adjustments" not in names(page)
