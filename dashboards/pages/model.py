"""The page model: what a page says, in one language, for any renderer. Nothing here knows HTML or telecoms.

Cells of tables are values, not texts: how a value is written follows from its column's kind, on the screen and in a file alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import plotly.graph_objects as go

Tone = Literal["good", "warning", "bad", "neutral"]

#: How the values of a column are written. `money` has two decimals, `amount` up to six; `percent` is a ratio 0-1; `points` is a
#: difference of two ratios; `minutes` is in seconds; `text` is also for ids and telephone numbers, which are no quantities.
Kind = Literal[
    "text",
    "money",
    "amount",
    "count",
    "decimal",
    "percent",
    "points",
    "day",
    "moment",
    "hour",
    "flag",
    "period",
]
#: Kinds whose values stand on one line.
SHORT: frozenset[str] = frozenset({"day", "hour", "period"})
#: Kinds of quantities: set right, summed, and numbers in a file.
FIGURES: frozenset[str] = frozenset({"money", "amount", "count", "decimal", "percent", "points"})


@dataclass(frozen=True)
class Target:
    """Another page, or this one with other filters. Where it lies is the renderer's matter."""

    page: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def to(cls, page: str, **params: str | None) -> Target:
        """A page with filters; those that are None or empty are left out. `class_` is the filter `class`."""
        return cls(page, tuple(sorted((name.rstrip("_"), value) for name, value in params.items() if value)))


@dataclass(frozen=True)
class Badge:
    """A short verdict, and the page with the details."""

    text: str
    tone: Tone
    link: Target | None = None


@dataclass(frozen=True)
class Fact:
    """A label and its value in the page's head. `key` names one that differs from edition to edition."""

    label: str
    value: str
    key: str = ""


@dataclass(frozen=True)
class Tile:
    """One headline figure with the definition that makes it checkable; `link` leads to its details, `spark` draws its last months."""

    label: str
    value: str
    definition: str
    unit: str = ""
    notes: tuple[str, ...] = ()
    tone: Tone = "neutral"
    link: Target | None = None
    spark: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class MartLink:
    """A published table that a figure comes from: its page in the data dictionary and its asset in Dagster's UI."""

    mart: str
    title: str
    link: Target
    asset: str


@dataclass(frozen=True)
class Query:
    """The SQL by which a figure was read from the published tables."""

    name: str
    sql: str


@dataclass(frozen=True)
class How:
    """How a table or a figure is computed: the published tables and the queries over them."""

    marts: tuple[MartLink, ...]
    queries: tuple[Query, ...] = ()


@dataclass(frozen=True)
class Column:
    """A table column. `unit` stands behind the label; `id_label` heads the ids that a file has beside the names."""

    label: str
    kind: Kind = "text"
    unit: str = ""
    id_label: str = ""
    #: Its sentences are short, and would be broken to a few letters a line beside wide columns.
    needs_room: bool = False

    @property
    def is_figure(self) -> bool:
        """Whether it holds quantities."""
        return self.kind in FIGURES

    @property
    def style(self) -> str:
        """How its cells are set: `number`, `short`, `moment`, `long`, or nothing special."""
        if self.is_figure:
            return "number"
        if self.needs_room:
            return "long"
        return "short" if self.kind in SHORT else "moment" if self.kind == "moment" else ""


@dataclass(frozen=True)
class Named:
    """A member of a dimension: its name is shown, a file has its id too."""

    name: str
    member_id: str


Value = str | int | float | Decimal | datetime | date | bool | Named | None


@dataclass(frozen=True)
class Mark:
    """A value with a verdict's colour."""

    value: Value
    tone: Tone


@dataclass(frozen=True)
class Linked:
    """A value that leads to another page."""

    value: Value
    link: Target


@dataclass(frozen=True)
class Details:
    """A cell that opens: a line to click, a text and a table of rows behind it. A file has the line and the text."""

    summary: str
    table: Table | None = None
    text: str = ""


Cell = Value | Mark | Linked | Details


@dataclass(frozen=True)
class Table:
    """Rows under columns; `total` is set apart at the foot.

    `name` is its own on the page and names its files; a table without one has no files. `rows` are all rows: how many are
    shown is the renderer's matter.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    definition: str = ""
    total: tuple[Cell, ...] | None = None
    name: str = ""
    how: How | None = None


@dataclass(frozen=True)
class Figure:
    """A plotly figure with its title, the definition of what it measures, and its values as a table.

    `data` is the same in rows: shown beside the figure where `is_data_shown`, else behind a line to open. `links` lead from
    the label of a bar (as it stands on the axis) to another page. `least_width` are the pixels that its labels need: on a narrower
    screen the figure can be moved sideways.
    """

    figure: go.Figure
    title: str
    definition: str
    data: Table | None = None
    is_data_shown: bool = True
    links: tuple[tuple[str, Target], ...] = ()
    least_width: int = 0


@dataclass(frozen=True)
class Message:
    """A sentence in place of, or above, figures: what is missing, what to mind."""

    text: str
    tone: Tone = "neutral"


@dataclass(frozen=True)
class Prose:
    """A text of the branch itself in Markdown, as a notice has it. Markup of HTML in it is shown, not obeyed."""

    markdown: str


Block = Figure | Table | Message | Prose


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
class Option:
    """A value of a filter: what the address has, what the reader sees, and the page with it."""

    value: str
    text: str
    target: Target
    is_chosen: bool = False


@dataclass(frozen=True)
class Filter:
    """A filter of the page: a list to choose from, or a field to type into where it has no options."""

    name: str
    label: str
    options: tuple[Option, ...] = ()
    value: str = ""
    hint: str = ""


#: The formats in which finance files are made.
FINANCE_FORMATS = ("xlsx", "csv", "pdf", "parquet")
FinanceKind = Literal["bills", "collections", "commissions", "debits", "providers", "receivables"]


@dataclass(frozen=True)
class FinanceFiles:
    """The finance files that belong to a page: their kind, the billing period, and the agent where they are of one.

    `definition` says which rows they have.
    """

    kind: FinanceKind
    period: str
    agent: str | None
    title: str
    definition: str


@dataclass(frozen=True)
class Content:
    """What a page function gives: the page without what is the same on all pages."""

    sections: tuple[Section, ...]
    filters: tuple[Filter, ...] = ()
    heading: str = ""
    subheading: str = ""
    finance_files: tuple[FinanceFiles, ...] = ()


@dataclass(frozen=True)
class Link:
    """A link to another page of the site."""

    text: str
    target: Target
    is_current: bool = False


@dataclass(frozen=True)
class LinkGroup:
    """The pages of one section of the site."""

    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Page:
    """A whole page in one language. `status` is an HTTP status: 404 where what was asked for is not there."""

    name: str
    language: str
    title: str
    heading: str
    subheading: str
    facts: tuple[Fact, ...]
    badge: Badge
    groups: tuple[LinkGroup, ...]
    sections: tuple[Section, ...]
    filters: tuple[Filter, ...] = ()
    finance_files: tuple[FinanceFiles, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    target: Target = Target("")
    viewer_name: str = ""
    can_sign_out: bool = False
    footer: str = ""
    status: int = 200
    labels: Mapping[str, str] = field(default_factory=dict)

    def tables(self) -> tuple[Table, ...]:
        """Its tables that have files: those of the sections and of the figures, in order."""
        found = []
        for section in self.sections:
            for block in section.blocks:
                table = block.data if isinstance(block, Figure) else block
                if isinstance(table, Table) and table.name:
                    found.append(table)
        return tuple(found)
