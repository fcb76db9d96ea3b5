"""Draws a page of a small edition and reads its model: tables by name, cells as plain values. No product code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards import formats
from dashboards.pages.model import Details, Figure, Linked, Mark, Message, Page, Table, Target
from dashboards.params import Params
from dashboards.site_map import draw
from dashboards.view import BranchFiles, View
from orchestration.access.roles import WHOLE_BRANCH, Viewer
from tests.dashboards.editions import Rows, write_edition

AS_OF = "2026-03-20"


def drawn(
    published: Path,
    name: str,
    marts: Mapping[str, Rows],
    *,
    language: str = "en",
    viewer: Viewer = WHOLE_BRANCH,
    branch: BranchFiles | None = None,
    **params: str,
) -> Page:
    """A page of an edition with these marts, as of 2026-03-20; `class_` is the filter `class`."""
    write_edition(published, AS_OF, marts)
    given = {key.rstrip("_"): value for key, value in params.items()}
    with View.current(published, viewer, branch) as view:
        return draw(name, view, Params(language, given))


def table(page: Page, name: str) -> Table:
    """A table of the page by its name."""
    found = {each.name: each for each in page.tables()}
    assert name in found, f"{page.name} has {sorted(found)}"
    return found[name]


def rows(page: Page, name: str) -> list[tuple[Any, ...]]:
    """The rows of a table: the bare values, of members their names."""
    return [tuple(formats.plain(cell) for cell in row) for row in table(page, name).rows]


def column(page: Page, name: str, label: str) -> list[Any]:
    """The bare values under a label of a table."""
    labels = [each.label for each in table(page, name).columns]
    return [row[labels.index(label)] for row in rows(page, name)]


def total(page: Page, name: str) -> tuple[Any, ...]:
    """The foot of a table, bare."""
    foot = table(page, name).total
    assert foot is not None
    return tuple(formats.plain(cell) for cell in foot)


def names(page: Page) -> set[str]:
    """The names of the page's tables."""
    return {each.name for each in page.tables()}


def sentences(page: Page) -> list[str]:
    """The messages of the page."""
    return [block.text for section in page.sections for block in section.blocks if isinstance(block, Message)]


def targets(page: Page, name: str) -> set[Target]:
    """Where the cells of a table lead."""
    return {cell.link for row in table(page, name).rows for cell in row if isinstance(cell, Linked)}


def tile(page: Page, label: str) -> str:
    """The figure of a tile."""
    return next(each.value for section in page.sections for each in section.tiles if each.label == label)


def figures(page: Page) -> list[Figure]:
    """The figures of the page."""
    return [block for section in page.sections for block in section.blocks if isinstance(block, Figure)]


def tones(page: Page, name: str) -> list[str]:
    """The colours of a table's verdicts, row by row."""
    return [cell.tone for row in table(page, name).rows for cell in row if isinstance(cell, Mark)]


def details(page: Page) -> list[Details]:
    """The cells that open."""
    return [cell for each in page.tables() for row in each.rows for cell in row if isinstance(cell, Details)]
