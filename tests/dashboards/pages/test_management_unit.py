"""The page of the business units: a unit's money, its collection curve, its members and what is open."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.dashboards.editions import Rows
from tests.dashboards.pages.management_edition import (
    AS_OF,
    MARTS,
    OF_U1,
    bare,
    figure_of,
    links_of,
    messages_of,
    page_of,
    rows_of,
    section_of,
    table_of,
)


def test_all_units_sum_to_the_total_with_its_own_rate(published: Path) -> None:
    table = table_of(page_of(published, "unit"), "by_business_unit")
    assert [row[:4] for row in rows_of(table)] == [
        ("East Unit", 2, Decimal("170.00"), Decimal("130.00")),
        ("West Unit", 1, Decimal("30.00"), Decimal("0.00")),
        ("not assigned", 1, Decimal("10.00"), Decimal("0.00")),
    ]
    assert table.total is not None
    assert bare(table.total) == ("Total", 4, Decimal("210.00"), Decimal("130.00"), Decimal(130) / Decimal(210))
    assert links_of(table)[0] == ("unit", {"unit": "U1", "period": "2026-02"})


def test_tiles_compare_at_the_same_age_of_the_bills(published: Path) -> None:
    tiles = {tile.label: tile for tile in section_of(page_of(published, "unit", unit="U1"), "figures").tiles}
    assert tiles["Receivable"].value == "170.00" and tiles["Receivable"].notes == ("2026-01: 160.00",)
    assert tiles["Received"].value == "130.00"
    assert tiles["Collection rate"].value == "76.47 %"
    # On day 19, of 160.00 the unit had received 100.00: 62.50 %.
    (note,) = tiles["Collection rate"].notes
    assert note == "+13.97 percentage points against 2026-01 at the same age of the bills (day 19)"


def test_curve_is_the_received_share_by_day_since_issue(published: Path) -> None:
    page = page_of(published, "unit")
    table = table_of(page, "collection_curve")
    assert [column.label for column in table.columns] == ["Day", "2026-02", "2026-01"]
    by_day = {row[0]: row[1:] for row in table.rows}
    of_january, of_february = Decimal(200), Decimal(210)
    assert by_day[0] == (0, 50 / of_january)
    assert by_day[5] == (70 / of_february, 50 / of_january)
    assert by_day[7] == (120 / of_february, 50 / of_january)
    assert by_day[9] == (110 / of_february, 50 / of_january), "10.00 went back on day 9"
    assert by_day[10] == (130 / of_february, 100 / of_january)
    assert by_day[19] == (130 / of_february, 140 / of_january)
    assert by_day[20] == (None, 140 / of_january), "the bills of 2026-02 are 19 days old"
    assert by_day[29] == (None, 160 / of_january)
    assert max(by_day) == 47, "20 March is 47 days after 1 February"
    ages = table_of(page, "collection_at_same_age")
    assert rows_of(ages) == [
        ("2026-02", Decimal(210), Decimal(130), 130 / of_february, Decimal(130), 130 / of_february),
        ("2026-01", Decimal(200), Decimal(140), 140 / of_january, Decimal(160), 160 / of_january),
    ]
    line = figure_of(page, "curve").figure.data[0]
    assert line.name == "2026-02" and line.y[7] == pytest.approx(57.1429)


def test_members_sum_to_the_unit(published: Path) -> None:
    page = page_of(published, "unit", unit="U1")
    agents, outlets, classes = (table_of(page, f"by_{name}") for name in ("agent", "outlet", "customer_class"))
    assert [row[:4] for row in rows_of(agents)] == [
        ("Hongda Agency", 1, Decimal("120.00"), Decimal("90.00")),
        ("not assigned", 1, Decimal("50.00"), Decimal("40.00")),
    ]
    assert links_of(agents) == [("agent", {"agent": "A1", "period": "2026-02"}), None]
    assert links_of(classes)[0] == ("bills", {"class": "residential", "unit": "U1", "period": "2026-02"})
    for table in (agents, outlets, classes):
        assert table.total is not None
        assert bare(table.total)[1:4] == (2, Decimal("170.00"), Decimal("130.00"))
        assert table.total[4] == Decimal(130) / Decimal(170)


def test_arrears_customers_and_problems_of_the_unit(published: Path) -> None:
    page = page_of(published, "unit", unit="U1")
    arrears = table_of(page, "arrears_by_age")
    assert rows_of(arrears)[0] == ("1–30", 1, Decimal("40.00"))
    assert arrears.total is not None and bare(arrears.total) == ("Total", 1, Decimal("40.00"))
    assert rows_of(table_of(page, "customers")) == [("Business", 1), ("Residential", 3)]
    problems = table_of(page, "problems")
    assert [row[:3] for row in rows_of(problems)] == [
        ("Undocumented number", "Error", 2),
        ("Number vanished from the exports", "Warning", 1),
    ]
    assert links_of(problems)[0] == ("bulletin", {"unit": "U1", "kind": "undocumented_number"})
    assert problems.total is not None and bare(problems.total)[2] == 3


def test_bills_without_a_unit_have_a_page(published: Path) -> None:
    page = page_of(published, "unit", unit="unassigned")
    assert section_of(page, "figures").tiles[0].value == "10.00"
    arrears = table_of(page, "arrears_by_age")
    assert arrears.total is not None and bare(arrears.total) == ("Total", 1, Decimal("5.00")), "C9 has no bill"


def test_a_unit_that_is_not_there_is_refused_and_one_without_a_name_is_not(published: Path) -> None:
    unnamed: dict[str, Rows] = {**MARTS, "dimension_names": []}
    assert page_of(published, "unit", unit="U1", marts=unnamed).status == 200
    assert page_of(published, "unit", unit="U7").status == 404


def test_running_period_says_when_its_bills_are_issued(published: Path) -> None:
    page = page_of(published, "unit", unit="U1", period="2026-03")
    assert any("issued on 2026-04-01" in text for text in messages_of(page))
    assert "999" not in repr(page.sections), "a provisional bill is no receivable"


def test_first_period_has_nothing_to_compare_with(published: Path) -> None:
    page = page_of(published, "unit", unit="U1", period="2026-01")
    tiles = {tile.label: tile for tile in section_of(page, "figures").tiles}
    assert tiles["Receivable"].notes == ()
    assert tiles["Collection rate"].notes == ("no bills in 2025-12 to compare with",)


def test_a_viewer_with_a_scope_sees_the_own_unit_only(published: Path) -> None:
    page = page_of(published, "unit", viewer=OF_U1)
    table = table_of(page, "by_business_unit")
    assert [row[0] for row in rows_of(table)] == ["East Unit"]
    assert table.total is not None
    assert bare(table.total) == ("Total", 2, Decimal("170.00"), Decimal("130.00"), Decimal(130) / Decimal(170))
    # The unit's own curve: 130.00 of 170.00, not of the branch's 210.00.
    assert table_of(page, "collection_at_same_age").rows[0][5] == Decimal(130) / Decimal(170)
    assert messages_of(page_of(published, "unit", viewer=OF_U1, unit="U2"))


@pytest.mark.parametrize("unit", ["", "unassigned"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_missing_marts_are_named(published: Path, language: str, unit: str) -> None:
    page = page_of(published, "unit", language, marts={}, unit=unit)
    assert page.status == 200
    assert any("collection_curves" in text for text in messages_of(page))


def test_chinese_page_has_chinese_names(published: Path) -> None:
    page = page_of(published, "unit", "zh", unit="U1")
    assert page.heading == "经营部 · 城东经营部" and AS_OF in page.title
