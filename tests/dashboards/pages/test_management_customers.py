"""The page of customers: by unit and class, with the change against the period before."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

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


def test_units_and_classes_change_against_the_period_before(published: Path) -> None:
    page = page_of(published, "customers")
    units = table_of(page, "customers_by_unit")
    assert rows_of(units) == [
        ("East Unit", 4, 2, 2, Decimal(1)),
        ("not assigned", 1, 0, 1, None),
        ("West Unit", 0, 1, -1, Decimal(-1)),
    ]
    assert units.total is not None and bare(units.total) == ("Total", 5, 3, 2, Decimal(2) / Decimal(3))
    assert links_of(units)[0] == ("unit", {"unit": "U1", "period": "2026-02"})
    classes = table_of(page, "customers_by_class")
    assert rows_of(classes) == [
        ("Residential", 3, 2, 1, Decimal("0.5")),
        ("Business", 1, 1, 0, Decimal(0)),
        ("Unassigned", 1, 0, 1, None),
    ]


def test_units_down_and_classes_across_sum_both_ways(published: Path) -> None:
    table = table_of(page_of(published, "customers"), "customers_by_unit_and_class")
    assert [column.label for column in table.columns] == [
        "Business unit",
        "Residential",
        "Business",
        "Unassigned",
        "Total",
    ]
    assert rows_of(table) == [("East Unit", 3, 1, None, 4), ("not assigned", None, None, 1, 1)]
    assert table.total is not None and bare(table.total) == ("Total", 3, 1, 1, 5)


def test_periods_stand_side_by_side(published: Path) -> None:
    page = page_of(published, "customers")
    table = table_of(page, "customers_by_period")
    assert rows_of(table) == [("Residential", 2, 3), ("Business", 1, 1), ("Unassigned", None, 1)]
    assert table.total is not None and bare(table.total) == ("Total", 3, 5)
    residential = figure_of(page, "periods").figure.data[0]
    assert list(residential.x) == ["2026-01", "2026-02"] and list(residential.y) == [2, 3]


def test_first_period_has_no_column_of_changes(published: Path) -> None:
    table = table_of(page_of(published, "customers", period="2026-01"), "customers_by_unit")
    assert [column.label for column in table.columns] == ["Business unit", "2026-01"]
    assert "no period before" in table.definition


def test_a_unit_and_a_scope_narrow_the_counts(published: Path) -> None:
    for page in (page_of(published, "customers", unit="U1"), page_of(published, "customers", viewer=OF_U1)):
        table = table_of(page, "customers_by_unit")
        assert rows_of(table) == [("East Unit", 4, 2, 2, Decimal(1))]
        assert table.total is not None and bare(table.total)[1] == 4


@pytest.mark.parametrize("language", ["zh", "en"])
def test_running_period_has_no_customers_yet(published: Path, language: str) -> None:
    page = page_of(published, "customers", language, period="2026-03")
    assert page.tables() == () and any("2026-04-01" in text for text in messages_of(page))
