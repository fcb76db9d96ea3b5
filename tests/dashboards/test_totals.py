"""Every table that is printed with a total: the rows, as they are printed, sum to it. Over all pages of the small branch."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.model import Page, Table
from dashboards.params import Params
from dashboards.site_map import PAGES, draw
from dashboards.view import View
from tests.e2e.branch import MANY, write_branch

_SUMMED = ("money", "amount", "count")
#: Columns whose foot is no sum, each with why.
_NO_SUMS = {
    ("receivables", "roll_forward", 1): "what is open at the start of the first month",
    ("receivables", "roll_forward", 4): "what is open at the end of the last month",
    ("providers", "services", 2): "a customer of two services is one customer",
}


@pytest.fixture(scope="module")
def branch_view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """The small branch, with one table longer than what is shown of it."""
    published: Path = tmp_path_factory.mktemp("branch") / "published"
    published.mkdir()
    write_branch(published, many=MANY)
    with View.current(published) as view:
        yield view


def drawings(view: View) -> Iterator[Page]:
    """Each page with the filters that the static site has of it, and those of its filters' own options."""
    for spec in PAGES:
        seen = [dict(each) for each in spec.static_variants(view)] or [{}]
        first = draw(spec.name, view, Params("en", {}))
        seen += [
            {each.name: option.value}
            for each in first.filters
            for option in each.options[:3]
            if option.value and {each.name: option.value} not in seen
        ]
        for values in seen:
            yield draw(spec.name, view, Params("en", values))


def wrong_totals(page: Page, table: Table, t: Translate) -> list[str]:
    """The columns of quantities under which the total is not the sum of what is printed."""
    assert table.total is not None
    found = []
    for position, (column, foot) in enumerate(zip(table.columns, table.total, strict=True)):
        printed = formats.plain(foot)
        if column.kind not in _SUMMED or printed is None or (page.name, table.name, position) in _NO_SUMS:
            continue
        cells = [formats.written(row[position], column.kind, t) for row in table.rows]
        numbers = [Decimal(cell.replace(",", "")) for cell in cells if cell != formats.NOTHING]
        if sum(numbers) != Decimal(formats.written(foot, column.kind, t).replace(",", "")):
            found.append(f"{page.target} {table.name}: {column.label} {sum(numbers)} {printed}")
    return found


def test_rows_sum_to_the_printed_total_on_every_page(branch_view: View) -> None:
    t = Translate.to("en")
    pages = [page for page in drawings(branch_view) if page.status == 200]
    tables = [(page, table) for page in pages for table in page.tables() if table.total is not None]
    assert len({page.name for page, _ in tables}) > 10 and len(tables) > 60
    assert [wrong for page, table in tables for wrong in wrong_totals(page, table, t)] == []


def test_the_hint_of_a_field_is_as_short_as_the_field(branch_view: View) -> None:
    for page in drawings(branch_view):
        for each in page.filters:
            assert len(each.hint) <= 20, f"{page.name}: the hint '{each.hint}' is cut off"
