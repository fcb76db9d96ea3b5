"""A page of the site on paper: its facts, figures' values and tables as a PDF of A4, with the rows that the screen shows."""

from __future__ import annotations

from datetime import date

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.model import Block, Column, Figure, Message, Page, Prose, Section, Table
from dashboards.renderers.layout import SHOWN_ROWS
from orchestration.finance_files.pages import MOST_COLUMNS_UPRIGHT, share_of_kind
from orchestration.finance_files.pdf import Font, PdfColumn, PdfDocument


def page_pdf(page: Page, as_of: date, font: Font) -> bytes:
    """The page as a PDF. The same page gives the same bytes."""
    t = Translate.to(page.language)
    is_wide = any(len(table.columns) > MOST_COLUMNS_UPRIGHT for table in page.tables())
    document = PdfDocument(page.title, " · ".join((page.heading, page.footer)), font, as_of, is_wide=is_wide)
    document.page()
    document.title(page.heading, page.subheading)
    document.facts([(fact.label, fact.value) for fact in page.facts] + [(t("report_mails.gates"), page.badge.text)])
    for section in page.sections:
        _add_section(document, section, t)
    return document.content()


def _add_section(document: PdfDocument, section: Section, t: Translate) -> None:
    document.heading(section.title)
    if section.intro:
        document.note(section.intro)
    if section.tiles:
        document.facts(
            [(tile.label, "  ".join((f"{tile.value} {tile.unit}".strip(), *tile.notes))) for tile in section.tiles]
        )
    for block in section.blocks:
        _add_block(document, block, section, t)


def _add_block(document: PdfDocument, block: Block, section: Section, t: Translate) -> None:
    if isinstance(block, Message):
        document.text(block.text)
    elif isinstance(block, Prose):
        document.text(block.markdown)
    elif isinstance(block, Figure):
        if block.data is not None:
            _add_table(document, block.data, block.title, section, t)
    else:
        _add_table(document, block, block.title, section, t)


def _add_table(document: PdfDocument, table: Table, title: str, section: Section, t: Translate) -> None:
    if title and title != section.title:
        document.heading(title)
    shown = table.rows[:SHOWN_ROWS]
    rows = [
        [formats.written(cell, column.kind, t) for cell, column in zip(row, table.columns, strict=True)]
        for row in shown
    ]
    total = None
    if table.total is not None:
        total = [
            "" if cell is None else formats.written(cell, column.kind, t)
            for cell, column in zip(table.total, table.columns, strict=True)
        ]
    document.table([_paper_column(column, t) for column in table.columns], rows, total)
    if len(table.rows) > len(shown):
        document.note(t("report_mails.more_rows", rows=formats.count(len(table.rows) - len(shown))))


def _paper_column(column: Column, t: Translate) -> PdfColumn:
    head = column.label + (t("labels.in_unit", unit=column.unit) if column.unit else "")
    return PdfColumn(head, share_of_kind(column.kind), column.is_figure)
