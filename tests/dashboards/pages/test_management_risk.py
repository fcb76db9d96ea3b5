"""The page of quality and money at risk: suspended calls, numbers without an owner, intake, unusual calls."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.pages.model import Mark
from tests.dashboards.pages.management_edition import (
    OF_U1,
    bare,
    figure_of,
    links_of,
    messages_of,
    page_of,
    rows_of,
    table_of,
)


def test_what_cannot_be_estimated_is_counted_and_no_zero(published: Path) -> None:
    table = table_of(page_of(published, "risk"), "money_at_risk")
    assert rows_of(table) == [
        ("Undocumented", "2–7 days", "not assigned", 1, 60, None, 1),
        ("Undocumented", "8–30 days", "East Unit", 2, 240, Decimal("0.40"), 0),
    ]
    assert table.total is not None and bare(table.total) == ("Total", None, None, 3, 300, Decimal("0.40"), 1)


def test_reasons_that_differ_in_a_number_are_one_and_show_no_number(published: Path) -> None:
    table = table_of(page_of(published, "risk"), "suspended_by_reason")
    assert rows_of(table) == [
        ("Undocumented", "no account holds number 22***14 at that time", 2, 2, 120, Decimal("0.40"), 0, 9),
        ("Unrated", "no destination prefix in force for 99***30: add one to destinations", 1, 1, 60, None, 1, 9),
    ]
    assert table.total is not None and bare(table.total) == ("Total", None, 3, 3, 180, Decimal("0.40"), 1, None)
    chinese = rows_of(table_of(page_of(published, "risk", "zh"), "suspended_by_reason"))
    assert chinese[0][1] == "当时没有账户持有号码 22***14"


def test_undocumented_numbers_lead_to_their_page(published: Path) -> None:
    table = table_of(page_of(published, "risk"), "undocumented_by_unit")
    assert [row[:6] for row in rows_of(table)] == [("East Unit", 2, 3, 150, Decimal("0.40"), 1)]
    assert links_of(table) == [("undocumented", {"unit": "U1"})]
    assert table.total is not None and bare(table.total)[:3] == ("Total", 2, 3)


def test_share_set_aside_is_of_the_records_read(published: Path) -> None:
    page = page_of(published, "risk")
    table = table_of(page, "intake_by_switch")
    assert rows_of(table) == [
        # 1 + 200 + 2 + 7 of 1,200 read
        ("SW1", 2, 1, 0, 1200, 1, 200, 2, 0, 0, 7, Decimal(210) / Decimal(1200)),
        ("SW2", 1, 0, 0, 800, 0, 0, 0, 0, 0, 0, Decimal(0)),
    ]
    assert table.rows[0][2] == Mark(1, "warning") and table.rows[1][2] == 0
    assert table.total is not None
    assert bare(table.total) == ("Total", 3, 1, 0, 2000, 1, 200, 2, 0, 0, 7, Decimal(210) / Decimal(2000))
    assert rows_of(table_of(page, "set_aside_by_month")) == [
        ("2026-01", 500, Decimal("0.01")),
        ("2026-02", 2000, Decimal("0.105")),
    ]
    line = figure_of(page, "intake").figure.data[0]
    assert list(line.y) == [1.0, 10.5], "shares are drawn in percent"


def test_cases_of_the_period_by_kind(published: Path) -> None:
    table = table_of(page_of(published, "risk"), "anomalies_by_kind")
    assert [row[:3] for row in rows_of(table)] == [
        ("Duplicate calls", 2, 1),
        ("Over-long calls", 1, 1),
        ("Overlapping calls", 1, 1),
    ]
    assert links_of(table)[0] == ("bulletin", {"kind": "duplicate_calls"})
    assert table.total is not None and bare(table.total)[1] == 4


def test_a_viewer_with_a_scope_sees_the_own_money_and_no_intake(published: Path) -> None:
    page = page_of(published, "risk", viewer=OF_U1)
    table = table_of(page, "money_at_risk")
    assert [row[2] for row in rows_of(table)] == ["East Unit"]
    assert table.total is not None and bare(table.total)[3:] == (2, 240, Decimal("0.40"), 0)
    assert any("about the whole branch" in text for text in messages_of(page))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_at_risk_is_said_in_words(published: Path, language: str) -> None:
    marts = (
        "call_anomalies", "duplicate_calls", "file_reconciliation", "money_at_risk", "overlapping_calls", "suspended_calls",
        "undocumented_numbers",
    )  # fmt: skip
    page = page_of(published, "risk", language, marts={mart: [] for mart in marts})
    assert page.tables() == () and len(messages_of(page)) == 5
    lacking = page_of(published, "risk", language, marts={mart: [] for mart in marts}, period="2026-03")
    assert lacking.status == 200
