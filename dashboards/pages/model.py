"""The page model: what a page says, in one language, for any renderer. Nothing here knows HTML or telecoms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import plotly.graph_objects as go

Tone = Literal["good", "warning", "bad", "neutral"]


@dataclass(frozen=True)
class Badge:
    """A short verdict, and the page (file name) with the details."""

    text: str
    tone: Tone
    link: str | None = None


@dataclass(frozen=True)
class Fact:
    """A label and its value in the page's head."""

    label: str
    value: str


@dataclass(frozen=True)
class Tile:
    """One headline figure with the definition that makes it checkable."""

    label: str
    value: str
    definition: str
    unit: str = ""
    notes: tuple[str, ...] = ()
    tone: Tone = "neutral"


@dataclass(frozen=True)
class Column:
    """A table column; figures are set right."""

    label: str
    is_figure: bool = False


@dataclass(frozen=True)
class Mark:
    """A cell with a verdict's colour beside its text."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class Details:
    """A cell that opens: a line to click, a text and a table of rows behind it."""

    summary: str
    table: Table | None = None
    text: str = ""


Cell = str | Mark | Details


@dataclass(frozen=True)
class Table:
    """Rows under columns; `total` is set apart at the foot."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    definition: str = ""
    total: tuple[Cell, ...] | None = None


@dataclass(frozen=True)
class Figure:
    """A plotly figure with its title and the definition of what it measures."""

    figure: go.Figure
    title: str
    definition: str


@dataclass(frozen=True)
class Message:
    """A sentence in place of, or above, figures: what is missing, what to mind."""

    text: str
    tone: Tone = "neutral"


Block = Figure | Table | Message


@dataclass(frozen=True)
class Section:
    """A heading with tiles and blocks. `is_paired` sets figures and tables beside each other where there is room."""

    section_id: str
    title: str
    intro: str = ""
    tiles: tuple[Tile, ...] = ()
    blocks: tuple[Block, ...] = ()
    is_paired: bool = True


@dataclass(frozen=True)
class Link:
    """A link to another page of the site, by file name."""

    text: str
    target: str
    is_current: bool = False


@dataclass(frozen=True)
class Page:
    """A whole page in one language."""

    language: str
    title: str
    heading: str
    subheading: str
    facts: tuple[Fact, ...]
    badge: Badge
    links: tuple[Link, ...]
    sections: tuple[Section, ...]
    footer: str = ""
    labels: dict[str, str] = field(default_factory=dict)
