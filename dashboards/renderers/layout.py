"""A page of the model as the templates take it: with ids, and with blocks arranged in rows. Markup is in the templates.

Tiles, tables, messages and texts go through as they are; figures become the JSON that plotly draws.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.pages.model import Badge, Block, Fact, Figure, Link, Message, Page, Section, Table, Tile

# More columns than this do not fit beside a figure.
_NARROW_COLUMNS = 6

_DEFAULT_HEIGHT = 340
_LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True)
class DrawnFigure:
    """A figure with the id of its place in the page, its height in pixels and the JSON of its data and layout."""

    figure_id: str
    title: str
    definition: str
    height: int
    data: str


LaidOutBlock = DrawnFigure | Table | Message


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


@dataclass(frozen=True)
class LaidOutPage:
    """A page in one language. `language_tag` is what HTML calls the language."""

    language: str
    language_tag: str
    title: str
    heading: str
    subheading: str
    facts: tuple[Fact, ...]
    badge: Badge
    links: tuple[Link, ...]
    sections: tuple[LaidOutSection, ...]
    footer: str
    labels: Mapping[str, str]


def laid_out(page: Page) -> LaidOutPage:
    """The page as the templates take it. Equal pages give equal ones."""
    return LaidOutPage(
        language=page.language,
        language_tag=_LANGUAGE_TAGS.get(page.language, page.language),
        title=page.title,
        heading=page.heading,
        subheading=page.subheading,
        facts=page.facts,
        badge=page.badge,
        links=page.links,
        sections=tuple(_section(page, section) for section in page.sections),
        footer=page.footer,
        labels=page.labels,
    )


def script_json(content: object) -> str:
    """JSON that is safe inside a script element: only "<" can end one, and with "<" escaped it is the same JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _section(page: Page, section: Section) -> LaidOutSection:
    anchor = f"{page.language}-{section.section_id}"
    blocks = [_block(block, f"{anchor}-figure-{number}") for number, block in enumerate(section.blocks, start=1)]
    rows = []
    position = 0
    while position < len(blocks):
        end = position + 1 + _tables_beside(section, position)
        rows.append(Row(blocks[position], tuple(blocks[position + 1 : end])))
        position = end
    return LaidOutSection(anchor, section.title, section.intro, section.tiles, tuple(rows))


def _tables_beside(section: Section, position: int) -> int:
    """How many of the following blocks go into the column beside a figure: its tables, as long as they are narrow."""
    if not section.is_paired or not isinstance(section.blocks[position], Figure):
        return 0
    number = 0
    for block in section.blocks[position + 1 :]:
        if not isinstance(block, Table) or len(block.columns) > _NARROW_COLUMNS:
            break
        number += 1
    return number


def _block(block: Block, figure_id: str) -> LaidOutBlock:
    if not isinstance(block, Figure):
        return block
    content = json.loads(block.figure.to_json(validate=False, engine="json"))
    return DrawnFigure(
        figure_id=figure_id,
        title=block.title,
        definition=block.definition,
        height=int(content["layout"].get("height", _DEFAULT_HEIGHT)),
        data=script_json({"data": content["data"], "layout": content["layout"]}),
    )
