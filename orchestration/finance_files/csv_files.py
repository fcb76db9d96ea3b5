"""A sheet as CSV: in UTF-8 with the mark by which Excel knows it, fields by RFC 4180, and no text that a spreadsheet would compute."""

from __future__ import annotations

import csv
from pathlib import Path

from dashboards.renderers.file_cells import csv_text
from orchestration.finance_files.sheets import SheetRows


def write_csv(path: Path, rows: SheetRows) -> None:
    """Write the heads and every row."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([each.head for each in rows.columns()])
        for columns in rows.columns_of_batches():
            writer.writerows(zip(*([csv_text(value) for value in values] for values in columns), strict=True))
