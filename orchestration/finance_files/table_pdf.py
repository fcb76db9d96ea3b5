"""Sheets as plain tables of a PDF with a cover. For as many rows as people read on paper; more are for XLSX and CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from dashboards import formats
from dashboards.i18n import Translate
from orchestration.errors import UsageError
from orchestration.finance_files.cover import Cover
from orchestration.finance_files.pages import MOST_COLUMNS_UPRIGHT, add_rows, shown
from orchestration.finance_files.pdf import Font, PdfColumn, PdfDocument
from orchestration.finance_files.sheets import SheetRows

MOST_ROWS_OF_PDF = 2_000


def table_pdf(as_of: date, sheets: Sequence[SheetRows], cover: Callable[[], Cover], font: Font, t: Translate) -> bytes:
    """The sheets as a PDF, the cover last: it has the totals. Raises UsageError where there are too many rows for one."""
    rows = sum(each.count() for each in sheets)
    if rows > MOST_ROWS_OF_PDF:
        raise UsageError(
            f"--format pdf: {formats.count(rows)} rows are too many for a PDF, which has at most "
            f"{formats.count(MOST_ROWS_OF_PDF)}; use --format xlsx or csv"
        )
    first = cover()  # its facts; the totals are not those of the rows yet
    is_wide = any(len(each.columns()) > MOST_COLUMNS_UPRIGHT for each in sheets)
    edition = dict(first.facts)[t("finance_files.cover.edition")]
    document = PdfDocument(first.title, f"{first.title} · {edition}", font, as_of, is_wide=is_wide)
    document.page()
    document.title(first.title)
    if first.warning:
        document.warning(first.warning)
    document.facts(first.facts)
    for each in sheets:
        add_rows(document, each)
    document.heading(t("finance_files.cover.totals_title"))
    document.table(
        [
            PdfColumn(t("finance_files.cover.sheet_name"), 3),
            PdfColumn(t("finance_files.cover.column"), 3),
            PdfColumn(t("finance_files.cover.total"), 2, True),
        ],
        [[total.sheet, total.label, shown(total.value, total.kind, t)] for total in cover().totals],
    )
    return document.content()
