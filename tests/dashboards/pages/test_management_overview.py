"""The overview: the three things to act on, and tiles with their changes, lines and links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.pages.model import Page, Tile
from tests.dashboards.editions import Rows, gate, write_edition
from tests.dashboards.pages.management_edition import (
    AS_OF,
    MARTS,
    OF_U1,
    links_of,
    messages_of,
    page_of,
    rows_of,
    section_of,
    table_of,
)


def tiles_of(page: Page) -> Mapping[str, Tile]:
    return {tile.label: tile for tile in section_of(page, "headline").tiles}


def things_of(page: Page) -> list[tuple[str, Decimal | None]]:
    return [(row[0], row[1]) for row in rows_of(table_of(page, "act_on"))]


def test_tiles_have_the_period_its_change_and_the_last_months(published: Path) -> None:
    tiles = tiles_of(page_of(published, "overview"))
    assert tiles["Receivable"].value == "210.00" and tiles["Receivable"].notes == ("2026-01: 200.00",)
    assert tiles["Receivable"].spark == (("2026-01", 200.0), ("2026-02", 210.0))
    assert tiles["Received"].value == "130.00" and tiles["Received"].notes == ("2026-01: 160.00",)
    # 61.90 % against 80.00 % now, and against 140.00 of 200.00 at the same age.
    assert tiles["Collection rate"].value == "61.90 %"
    assert tiles["Collection rate"].notes == (
        "-18.10 percentage points against 2026-01",
        "-8.10 percentage points against 2026-01 at the same age of the bills (up to 2026-02-20)",
    )
    assert tiles["Collection rate"].spark[0] == ("2026-01", 0.8)
    assert tiles["Customers"].value == "4" and tiles["Customers"].notes == ("2026-01: 3",)
    # 90 + 3600 seconds are 61.5 minutes, half up.
    assert tiles["Rated calls"].value == "2"
    assert tiles["Rated calls"].notes == ("62 minutes of conversation", "2026-01: 1")
    assert tiles["Set aside at intake"].value == "210"
    assert tiles["Set aside at intake"].notes == ("10.50 % of 2,000 records read",)
    assert [month for month, _ in tiles["Set aside at intake"].spark] == ["2026-01", "2026-02"]
    assert tiles["Open problems"].value == "4" and tiles["Open problems"].notes == ("3 of them are errors",)
    assert tiles["Agents' commission"].value == "7.25", "of the newest settlement alone"
    assert all(tile.link is not None for tile in tiles.values())


def test_the_three_things_are_of_money_data_and_network(published: Path) -> None:
    page = page_of(published, "overview")
    first, second, third = things_of(page)
    # West Unit: 130 ÷ 210 of its 30.00 is 18.57, and nothing of it came in.
    assert first == (
        (
            "West Unit holds the rate of 2026-02 down: 0.00 % is received, against 61.90 % of all units. At the rate of all it "
            "would have 18.57 yuan more."
        ),
        Decimal("18.57"),
    )
    assert second == ("Held files: 1, with 200 records that are not billed yet. Rejected files: 0.", None)
    assert third[0] == (
        "Trunk groups that needed more circuits in 2026-02 than they have: 1. The worst is East to toll: 30 needed, 28 there "
        "(days short: 1)."
    )
    assert links_of(table_of(page, "act_on")) == [
        ("unit", {"unit": "U2", "period": "2026-02"}),
        ("bulletin", {}),
        ("traffic", {"trunk_group": "T1", "period": "2026-02"}),
    ]


def test_money_fills_the_place_of_what_has_nothing(published: Path) -> None:
    quiet: dict[str, Rows] = {**MARTS, "trunk_traffic_daily": [], "file_reconciliation": [], "expected_files": []}
    page = page_of(published, "overview", marts=quiet)
    first, second, third = things_of(page)
    assert first[1] == Decimal("18.57")
    assert second[0] == "Gates that report errors: 1."
    # 140 ÷ 200 of 210.00 is 147.00, and 130.00 came in.
    assert third[1] == Decimal("17.00") and "2026-02 is collected more slowly than 2026-01" in third[0]


def test_old_arrears_and_suspended_calls_are_about_money(published: Path) -> None:
    marts: dict[str, Rows] = {"arrears": MARTS["arrears"], "money_at_risk": MARTS["money_at_risk"]}
    write_edition(published, AS_OF, marts)
    page = page_of(published, "overview")
    assert things_of(page) == [
        ("5.00 yuan of arrears are more than 30 days past due.", Decimal("5.00")),
        (
            "Suspended calls: 3. Those that can be estimated would come to 0.40 yuan; without an estimate: 1.",
            Decimal("0.40"),
        ),
    ]


def test_blocking_gates_come_before_files(published: Path) -> None:
    files: dict[str, Rows] = {
        "file_reconciliation": MARTS["file_reconciliation"],
        "expected_files": MARTS["expected_files"],
    }
    write_edition(published, AS_OF, files, [gate("a", success=False), gate("b", "error", success=False)])
    assert [text for text, _ in things_of(page_of(published, "overview"))] == [
        "Gates that block the edition: 1.",
        "Held files: 1, with 200 records that are not billed yet. Rejected files: 0.",
        "Call files that were due and have not come: 3 (days of a switch: 1).",
    ]


@pytest.mark.parametrize(("language", "sentence"), [("en", "Nothing to act on"), ("zh", "没有需要处理的事项")])
def test_nothing_to_act_on_is_said_in_words(published: Path, language: str, sentence: str) -> None:
    write_edition(published, AS_OF, {"arrears": []})
    assert any(text.startswith(sentence) for text in messages_of(page_of(published, "overview", language)))


def test_running_period_has_no_money_tiles_and_keeps_its_calls(published: Path) -> None:
    page = page_of(published, "overview", period="2026-03")
    tiles = tiles_of(page)
    assert "Receivable" not in tiles and tiles["Rated calls"].value == "0"
    assert "provisional until they are issued on 2026-04-01" in section_of(page, "headline").intro


def test_a_viewer_with_a_scope_has_tiles_of_the_own_unit(published: Path) -> None:
    tiles = tiles_of(page_of(published, "overview", viewer=OF_U1))
    assert tiles["Receivable"].value == "170.00" and tiles["Received"].value == "130.00"
    assert tiles["Customers"].value == "2" and tiles["Rated calls"].value == "1"
    assert tiles["Open problems"].value == "3"


def test_first_period_of_all_still_runs(published: Path) -> None:
    bills: Rows = [
        {
            "account_id": "C1",
            "billing_period": "2026-03",
            "amount": Decimal(1),
            "issued_on": date(2026, 4, 1),
            "is_provisional": True,
        }
    ]
    marts: dict[str, Rows] = {"bills": bills, "payment_applications": [], "collection_rates": []}
    page = page_of(published, "overview", marts=marts)
    assert any("No billing period is complete yet" in text for text in messages_of(page))
