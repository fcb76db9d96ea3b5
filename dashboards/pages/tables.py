"""Rows of published tables as tables of a page: labels, kinds and names come from the catalogue of columns (i18n/columns.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from dashboards.i18n import Translate
from dashboards.i18n.columns import ColumnText, column
from dashboards.i18n.sentences import sentence
from dashboards.pages import frame
from dashboards.pages.model import Block, Cell, Column, Kind, Linked, Mark, Message, Section, Table, Target, Tone, Value
from dashboards.view import Row, View

#: The kind of a column of a page or file, by that in columns.yaml; any other is text.
KINDS: Mapping[str, Kind] = {
    "amount": "amount",
    "count": "count",
    "date": "day",
    "days": "count",
    "decimal": "decimal",
    "flag": "flag",
    "hour_of_day": "hour",
    "moment": "moment",
    "money": "money",
    "percent": "percent",
    "period": "period",
    "seconds": "count",
}


def head(mart: str, name: str, t: Translate) -> Column:
    """A mart's column as a head of a table."""
    text = column(mart, name)
    is_member = text.dimension is not None or text.kind == "member"
    return Column(
        text.label(t.language),
        KINDS.get(text.kind, "text"),
        text.unit_label(t.language),
        t("site.id_of", label=text.label(t.language)) if is_member else "",
    )


def value_of(view: View, mart: str, name: str, row: Row, t: Translate) -> Value:
    """A row's value in a mart's column: ids with their names, codes in words, the product's sentences, figures as they are."""
    text = column(mart, name)
    value = row[name]
    if text.kind == "member":
        return frame.named(view, row["dimension"], value, t)
    if text.dimension is not None:
        return _member(view, text, value, t)
    if text.group is not None:
        return None if value is None else t.code(text.group, str(value))
    if text.kind == "sentence":
        return None if value is None else sentence(t.language, str(value))
    known: Value = value
    return known


def mart_table(
    view: View,
    t: Translate,
    mart: str,
    rows: Sequence[Row],
    columns: Sequence[str],
    *,
    name: str,
    queries: Iterable[str],
    title: str = "",
    definition: str = "",
    sums: Sequence[str] = (),
    links: Mapping[str, Callable[[Row], Target | None]] | None = None,
    marks: Mapping[str, Callable[[Row], Tone | None]] | None = None,
) -> Table:
    """Rows of one mart, or of a query with its columns, as a table with files.

    `sums` are the columns that the foot has the exact sum of; without any there is no foot. `links` and `marks` give per
    column the page that a row's cell leads to, and the colour of its verdict.
    """
    links, marks = links or {}, marks or {}

    def cell(column_name: str, row: Row) -> Cell:
        value = value_of(view, mart, column_name, row, t)
        target = links[column_name](row) if column_name in links else None
        if target is not None and value is not None:
            return Linked(value, target)
        tone = marks[column_name](row) if column_name in marks else None
        return value if tone is None or value is None else Mark(value, tone)

    return Table(
        columns=tuple(head(mart, each, t) for each in columns),
        rows=tuple(tuple(cell(each, row) for each in columns) for row in rows),
        title=title,
        definition=definition,
        total=_foot(rows, columns, sums, t) if sums and rows else None,
        name=name,
        how=frame.how(t, *queries),
    )


def with_column(table: Table, position: int, head: Column, cells: Sequence[Cell], foot: Cell = None) -> Table:
    """The table with one more column before the one at `position`; `foot` is what the foot has there."""

    def widened(row: tuple[Cell, ...], cell: Cell) -> tuple[Cell, ...]:
        return (*row[:position], cell, *row[position:])

    return replace(
        table,
        columns=(*table.columns[:position], head, *table.columns[position:]),
        rows=tuple(widened(row, cell) for row, cell in zip(table.rows, cells, strict=True)),
        total=None if table.total is None else widened(table.total, foot),
    )


def section_of_rows(
    view: View,
    t: Translate,
    section_id: str,
    title: str,
    query: str,
    nothing: Message,
    blocks: Callable[[Sequence[Row]], tuple[Block, ...]],
    **parameters: object,
) -> Section:
    """A section over the rows of one query. A mart that is missing, or no row (`nothing`), is a sentence in the place of the blocks."""
    absent = frame.missing_marts(view, t, query)
    if absent is not None:
        return Section(section_id, title, blocks=(absent,))
    rows = view.query(query, **parameters)
    return Section(section_id, title, blocks=blocks(rows) if rows else (nothing,), is_paired=False)


def sum_of(rows: Iterable[Row], name: str) -> Any:
    """The exact sum of a column, empty values left out; None where every value is empty."""
    values = [row[name] for row in rows if row[name] is not None]
    return sum(values[1:], values[0]) if values else None


def total_of(values: Iterable[Decimal | None]) -> Decimal:
    """The exact sum of amounts, empty ones left out."""
    return sum((value for value in values if value is not None), Decimal(0))


def _foot(rows: Sequence[Row], columns: Sequence[str], sums: Sequence[str], t: Translate) -> tuple[Cell, ...]:
    cells: list[Cell] = [sum_of(rows, each) if each in sums else None for each in columns]
    if columns[0] not in sums:
        cells[0] = t("site.total")
    return tuple(cells)


def _member(view: View, text: ColumnText, value: str | None, t: Translate) -> Value:
    dimension = text.dimension or ""
    return frame.named(view, dimension, value, t)
