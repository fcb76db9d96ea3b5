"""Sheets into files of one format, with their manifest: all of them are complete, or none is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from dashboards.i18n import Translate
from dashboards.view import View
from orchestration.errors import TollhouseError
from orchestration.finance_files.cover import Cover
from orchestration.finance_files.csv_files import write_csv
from orchestration.finance_files.declarations import Sheet
from orchestration.finance_files.parquet_files import write_parquet
from orchestration.finance_files.pdf import Font, find_font
from orchestration.finance_files.sheets import SheetRows
from orchestration.finance_files.table_pdf import table_pdf
from orchestration.finance_files.xlsx_files import write_xlsx
from orchestration.storage.durable import as_json, flush, replace_text, sha256_of


@dataclass(frozen=True)
class WrittenSheet:
    """The rows of a sheet in a file, with its control totals."""

    name: str
    rows: int
    totals: Mapping[str, Decimal]


@dataclass(frozen=True)
class WrittenFile:
    """A file that is out."""

    path: Path
    sheets: tuple[WrittenSheet, ...]
    sha256: str = ""


@dataclass(frozen=True)
class FileJob:
    """What is written: the sheets over an edition, what the cover says of them, and under which name.

    `paper` writes the PDF files in the place of plain tables. `words` are the words of values that a sheet's column has as keys.
    """

    view: View
    t: Translate
    stem: str
    sheets: Sequence[Sheet]
    parameters: Mapping[str, object]
    cover: Callable[[Sequence[SheetRows]], Cover]
    pdf_font: Path | None
    masked: bool = False
    words: Mapping[str, Callable[[Any], str]] | None = None
    paper: Callable[[Path, Font], list[WrittenFile]] | None = None

    def rows(self, *, is_paper: bool = False) -> list[SheetRows]:
        """Its sheets, not read yet."""
        return [
            SheetRows(
                self.view, sheet, self.t, self.parameters, masked=self.masked, is_paper=is_paper, words=self.words or {}
            )
            for sheet in self.sheets
        ]


def write_files(
    job: FileJob, file_format: str, folder: Path, facts: Mapping[str, object]
) -> tuple[tuple[WrittenFile, ...], Path]:
    """Write the files and their manifest, which has `facts` too. Raises TollhouseError where a file cannot be written."""
    write = {"xlsx": _xlsx, "csv": _csv, "parquet": _parquet, "pdf": _pdf}[file_format]
    with _building(folder, f"{job.stem}.{file_format}") as building:
        files = tuple(_in_place(file, building, folder) for file in write(job, building))
        manifest = folder / f"{job.stem}.{file_format}.manifest.json"
        replace_text(manifest, as_json({**facts, "format": file_format, "files": [_listed(file) for file in files]}))
    return files, manifest


def written(sheets: Sequence[SheetRows]) -> tuple[WrittenSheet, ...]:
    """The counts of sheets that have been read."""
    return tuple(WrittenSheet(rows.sheet.name, rows.rows, dict(rows.totals)) for rows in sheets)


def _xlsx(job: FileJob, folder: Path) -> list[WrittenFile]:
    path = folder / f"{job.stem}.xlsx"
    sheets = job.rows()
    write_xlsx(path, sheets, lambda: job.cover(sheets), job.t)
    return [WrittenFile(path, written(sheets))]


def _csv(job: FileJob, folder: Path) -> list[WrittenFile]:
    return _file_for_each(job, folder, "csv", write_csv)


def _parquet(job: FileJob, folder: Path) -> list[WrittenFile]:
    return _file_for_each(job, folder, "parquet", write_parquet)


def _file_for_each(
    job: FileJob, folder: Path, suffix: str, write: Callable[[Path, SheetRows], None]
) -> list[WrittenFile]:
    files = []
    for rows in job.rows():
        path = folder / f"{job.stem}.{rows.sheet.name}.{suffix}"
        write(path, rows)
        files.append(WrittenFile(path, written([rows])))
    return files


def _pdf(job: FileJob, folder: Path) -> list[WrittenFile]:
    font = find_font(job.pdf_font)
    if job.paper is not None:
        return job.paper(folder, font)
    sheets = job.rows(is_paper=True)
    path = folder / f"{job.stem}.pdf"
    path.write_bytes(table_pdf(job.view.as_of, sheets, lambda: job.cover(sheets), font, job.t))
    return [WrittenFile(path, written(sheets))]


@contextmanager
def _building(folder: Path, name: str) -> Iterator[Path]:
    """A folder beside the place of the files, for those that are not complete. Raises TollhouseError where it cannot be written."""
    building = folder / f".{name}.building"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(building, ignore_errors=True)  # a killed export left it
        building.mkdir()
        yield building
    except OSError as error:
        if error.filename is not None and not Path(error.filename).is_relative_to(folder):
            raise  # of a file that is read
        raise TollhouseError(
            f"{error.filename or folder} cannot be written: {error.strerror or error}; name another folder with --out"
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _in_place(file: WrittenFile, building: Path, folder: Path) -> WrittenFile:
    flush(file.path)
    place = folder / file.path.relative_to(building)
    file.path.replace(place)
    return WrittenFile(place, file.sheets, sha256_of(place))


def _listed(file: WrittenFile) -> dict[str, object]:
    return {
        "file": file.path.name,
        "sha256": file.sha256,
        "sheets": [
            {
                "sheet": sheet.name,
                "rows": sheet.rows,
                "totals": {name: f"{value:f}" for name, value in sheet.totals.items()},
            }
            for sheet in file.sheets
        ],
    }
