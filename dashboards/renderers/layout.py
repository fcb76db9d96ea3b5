"""A page of the model as the templates take it: with ids, and with blocks arranged in rows. Markup is in the templates.

Tiles, messages and texts go through as they are; figures become the JSON that plotly draws, tables are cut to what is shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboards import formats
from dashboards.pages.model import Block, Cell, Column, Figure, How, Message, Page, Prose, Section, Table, Tile
from dashboards.renderers.links import Links

#: So many rows of a table are on the page; its files have all.
SHOWN_ROWS = 200
# More columns than this do not fit beside a figure.
_NARROW_COLUMNS = 6
# Letters of a word that a column is not to be as wide as, and of a sentence that needs a wide one.
_LONG_NAME = 28
_LONG_TEXT = 60
_DEFAULT_HEIGHT = 340
_HALF_A_SHEET = 420
_LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en"}
_SPARK_WIDTH, _SPARK_HEIGHT = 120, 28


@dataclass(frozen=True)
class ShownTable:
    """A table with the rows that are shown; `hidden_rows` are in its files only. `csv` and `xlsx` are their addresses.

    `styles` has for each column how its cells are set. `is_titled`: its title is not that of its section, which stands above it.
    """

    table: Table
    rows: tuple[tuple[Cell, ...], ...]
    styles: tuple[str, ...]
    hidden_rows: int
    csv: str | None
    xlsx: str | None
    is_titled: bool = True


@dataclass(frozen=True)
class DrawnFigure:
    """A figure with the id of its place in the page, its height in pixels, and as JSON its data, layout and links."""

    figure_id: str
    title: str
    definition: str
    height: int
    data: str
    table: ShownTable | None
    is_data_shown: bool
    how: How | None
    is_titled: bool = True
    least_width: int = 0

    @property
    def is_high(self) -> bool:
        """Whether it takes half of a sheet of paper."""
        return self.height > _HALF_A_SHEET


LaidOutBlock = DrawnFigure | ShownTable | Message | Prose


@dataclass(frozen=True)
class Row:
    """A block over the whole width, or a figure with the tables beside it."""

    first: LaidOutBlock
    beside: tuple[LaidOutBlock, ...] = ()


@dataclass(frozen=True)
class LaidOutSection:
    """A section with the id that links lead to, and its blocks in rows."""

    anchor: str
    title: str
    intro: str
    tiles: tuple[Tile, ...]
    rows: tuple[Row, ...]


def language_tag(language: str) -> str:
    """What HTML calls a language of the pages."""
    return _LANGUAGE_TAGS.get(language, language)


def laid_out(page: Page, links: Links) -> tuple[LaidOutSection, ...]:
    """The sections of a page as the templates take them. Equal pages give equal ones."""
    return tuple(_section(page, section, links) for section in page.sections)


def script_json(content: object) -> str:
    """JSON that is safe inside a script element: only "<" can end one, and with "<" escaped it is the same JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def spark_points(values: Sequence[tuple[str, float]]) -> str:
    """The points of a small line over the values, from 0 or the least value up, as SVG has them."""
    numbers = [value for _, value in values]
    if len(numbers) < 2:
        return ""
    low, high = min(0.0, *numbers), max(numbers)
    span = (high - low) or 1.0
    step = _SPARK_WIDTH / (len(numbers) - 1)
    return " ".join(
        f"{round(position * step, 1)},{round(_SPARK_HEIGHT - 2 - (number - low) / span * (_SPARK_HEIGHT - 4), 1)}"
        for position, number in enumerate(numbers)
    )


def _section(page: Page, section: Section, links: Links) -> LaidOutSection:
    anchor = section.section_id
    blocks = [_block(page, block, f"{anchor}-{number}", links) for number, block in enumerate(section.blocks, start=1)]
    if blocks:
        blocks[0] = _untitled(blocks[0], section.title)
    rows = []
    position = 0
    while position < len(blocks):
        block = blocks[position]
        beside = _tables_beside(section, position)
        tables: tuple[LaidOutBlock, ...] = tuple(blocks[position + 1 : position + 1 + beside])
        own = _data_beside(section, block)
        rows.append(Row(block, (*own, *tables)))
        position += 1 + beside
    return LaidOutSection(anchor, section.title, section.intro, section.tiles, tuple(rows))


def _untitled(block: LaidOutBlock, title: str) -> LaidOutBlock:
    """The block, not titled where the title above it says the same."""
    if isinstance(block, DrawnFigure) and block.title == title:
        return replace(block, is_titled=False)
    if isinstance(block, ShownTable) and block.table.title == title:
        return replace(block, is_titled=False)
    return block


def _data_beside(section: Section, block: LaidOutBlock) -> tuple[LaidOutBlock, ...]:
    """The table of a figure's values where it stands beside it."""
    is_shown = isinstance(block, DrawnFigure) and block.is_data_shown and block.table is not None
    return (block.table,) if is_shown else ()  # type: ignore[union-attr, return-value]


def _tables_beside(section: Section, position: int) -> int:
    """How many of the following blocks go into the column beside a figure: its tables, as long as they are narrow."""
    figure = section.blocks[position]
    if not section.is_paired or not isinstance(figure, Figure):
        return 0
    number = 0
    for block in section.blocks[position + 1 :]:
        if not isinstance(block, Table) or len(block.columns) > _NARROW_COLUMNS:
            break
        number += 1
    return number


def is_wide(row: Row) -> bool:
    """Whether a table beside the row's figure is too wide for that, and stands below it."""
    return any(isinstance(block, ShownTable) and len(block.table.columns) > _NARROW_COLUMNS for block in row.beside)


def _block(page: Page, block: Block, figure_id: str, links: Links) -> LaidOutBlock:
    if isinstance(block, Table):
        return _shown(page, block, links)
    if not isinstance(block, Figure):
        return block
    content = json.loads(block.figure.to_json(validate=False, engine="json"))
    found = {label: address for label, target in block.links if (address := links.page(target)) is not None}
    table = None if block.data is None else _shown(page, block.data, links)
    return DrawnFigure(
        figure_id=figure_id,
        title=block.title,
        definition=block.definition,
        height=int(content["layout"].get("height", _DEFAULT_HEIGHT)),
        data=script_json({"data": content["data"], "layout": content["layout"], "links": found}),
        table=table,
        is_data_shown=block.is_data_shown,
        least_width=block.least_width,
        how=None if block.data is None or block.is_data_shown else block.data.how,
    )


def _style(column: Column, cells: Sequence[Cell]) -> str:
    """How the cells of a column are set: one with sentences needs room, one with long names may break them anywhere."""
    if column.style or column.kind != "text":
        return column.style
    texts = [text for text in map(formats.plain, cells) if isinstance(text, str)]
    longest = max(map(len, texts), default=0)
    has_long_names = longest > _LONG_NAME and any(
        text.isascii() and max(map(len, text.split()), default=0) > _LONG_NAME for text in texts
    )
    # A Chinese character is as wide as two letters.
    is_long = any(len(text) > (_LONG_TEXT if text.isascii() else _LONG_TEXT // 2) for text in texts)
    return " ".join(name for name, is_so in (("names", has_long_names), ("long", is_long)) if is_so)


def _shown(page: Page, table: Table, links: Links) -> ShownTable:
    rows = table.rows[:SHOWN_ROWS]
    return ShownTable(
        table,
        rows,
        tuple(_style(column, [row[at] for row in rows if at < len(row)]) for at, column in enumerate(table.columns)),
        max(0, len(table.rows) - SHOWN_ROWS),
        links.file(page.target, table.name, "csv") if table.name else None,
        links.file(page.target, table.name, "xlsx") if table.name else None,
    )
