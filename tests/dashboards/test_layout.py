"""How the columns of a table are set: by what they hold, so that no sentence is squeezed beside a long name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.figures.collections import collection_rate_bars
from dashboards.i18n import Translate
from dashboards.pages.model import Cell, Column, Section, Table
from dashboards.params import Params
from dashboards.renderers.layout import ShownTable, laid_out
from dashboards.renderers.links import ServedLinks
from dashboards.site_map import draw
from dashboards.view import View
from tests.e2e.branch import write_branch


@pytest.mark.parametrize(
    ("column", "cell", "style"),
    [
        (Column("Gate"), "no_number_is_undocumented_for_longer_than_the_warning", "names"),
        (Column("Gate"), "no_cdr_file_is_held", ""),
        (Column("What it claims"), "Every call detail file comes from a switch of the reference book, and no other.", "long"),
        (Column("说明"), "交换机 SE1 的文件被暂扣：六百三十条记录中有七十三条格式错误，超过允许的百分之五", "long"),
        (Column("Detail"), "file SE1_20260327_000053.csv.zst.of.the.switch is held, and waits until somebody releases it", "names long"),
        (Column("Started at", "moment"), datetime(2026, 2, 1), "moment"),
        (Column("Amount", "money"), Decimal("1.00"), "number"),
        (Column("Number"), None, ""),
    ],
)  # fmt: skip
def test_a_column_is_set_by_what_it_holds(tmp_path: Path, column: Column, cell: Cell, style: str) -> None:
    published = tmp_path / "published"
    published.mkdir()
    write_branch(published)
    with View.current(published) as view:
        page = draw("overview", view, Params("en", {}))
    page = replace(page, sections=(Section("s", "", blocks=(Table((column,), ((cell,),)),)),))
    [section] = laid_out(page, ServedLinks("en", frozenset()))
    shown = section.rows[0].first
    assert isinstance(shown, ShownTable) and shown.styles == (style,)


def test_the_rates_stand_beside_the_bars_where_no_line_crosses_them() -> None:
    figure = collection_rate_bars(["East", "West", "New"], [0.775, 0.1, None], Decimal("0.7"), Translate.to("en"))
    bars, labels = figure.data
    assert bars.text is None and list(bars.x) == [0, 10.0, 77.5]
    assert list(labels.text) == ["–", "10.00 %", "77.50 %"] and set(labels.x) == {102.0}
    assert list(labels.y) == list(bars.y) and labels.textposition == "middle right"
