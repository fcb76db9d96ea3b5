"""From the published edition to the files of one kind and period, with their manifest: all of them are complete, or none is there.

The same edition and reference book give the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dashboards.i18n import Translate
from dashboards.view import View
from orchestration.errors import TollhouseError, UsageError
from orchestration.finance_files import agent_statement
from orchestration.finance_files.cover import cover_of
from orchestration.finance_files.csv_files import write_csv
from orchestration.finance_files.declarations import FILE_KINDS, FileKind
from orchestration.finance_files.parquet_files import write_parquet
from orchestration.finance_files.pdf import find_font
from orchestration.finance_files.settlement import settlement_state
from orchestration.finance_files.sheets import SheetRows
from orchestration.finance_files.table_pdf import table_pdf
from orchestration.finance_files.xlsx_files import write_xlsx
from orchestration.reference_book.reading import ReferenceBook, read_reference_book
from orchestration.settings import Settings
from orchestration.storage.durable import as_json, flush, replace_text, sha256_of

_AGENTS_NAMED = 20
_PERIODS = "select distinct settlement_period from commission_statements order by settlement_period"


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
class ExportOutcome:
    """The files of one export and the edition they were made from."""

    edition: str
    as_of: date
    settlement: str
    files: tuple[WrittenFile, ...]
    manifest: Path


def export_finance_files(
    settings: Settings, kind_name: str, period: str, agent: str | None, file_format: str, language: str, folder: Path
) -> ExportOutcome:
    """Write the files of a kind and period into a folder, in one format.

    Raises UsageError where the edition has no such period or agent, TollhouseError where the edition or the font is missing, or
    a file cannot be written; then no file is there that was not before.
    """
    kind = FILE_KINDS[kind_name]
    book = read_reference_book(settings.reference)
    with View.current(settings.published) as view:
        _check_period(view, kind, period)
        _check_agent(view, kind, agent)
        stem = "_".join((kind.name, period, *(() if agent is None else (quote(agent, safe=""),))))
        t = Translate.to(language)
        with _building(folder, f"{stem}.{file_format}") as building:
            job = _Job(settings, view, kind, period, agent, book, t, stem)
            found = {"xlsx": job.xlsx, "csv": job.csv, "parquet": job.parquet, "pdf": job.pdf}[file_format](building)
            files = tuple(_in_place(file, building, folder) for file in found)
        manifest = folder / f"{stem}.{file_format}.manifest.json"
        replace_text(manifest, as_json(_manifest(job, file_format, files)))
        return ExportOutcome(view.name, view.as_of, settlement_state(view, period), files, manifest)


@dataclass(frozen=True)
class _Job:
    """One export: what is written, from where."""

    settings: Settings
    view: View
    kind: FileKind
    period: str
    agent: str | None
    book: ReferenceBook
    t: Translate
    stem: str

    def sheets(self, *, is_paper: bool = False) -> list[SheetRows]:
        """Its sheets, not read yet."""
        parameters = {"period": self.period, "agent": self.agent}
        asked = [sheet for sheet in self.kind.sheets if self.agent is None or sheet.by_agent]
        return [SheetRows(self.view, sheet, self.t, parameters, is_paper=is_paper) for sheet in asked]

    def xlsx(self, folder: Path) -> list[WrittenFile]:
        """One workbook with a cover."""
        path = folder / f"{self.stem}.xlsx"
        sheets = self.sheets()
        write_xlsx(
            path,
            sheets,
            lambda: cover_of(self.view, self.kind, self.period, self.agent, self.book, sheets, self.t),
            self.t,
        )
        return [WrittenFile(path, written(sheets))]

    def csv(self, folder: Path) -> list[WrittenFile]:
        """A file for each sheet."""
        files = []
        for rows in self.sheets():
            path = folder / f"{self.stem}.{rows.sheet.name}.csv"
            write_csv(path, rows)
            files.append(WrittenFile(path, written([rows])))
        return files

    def parquet(self, folder: Path) -> list[WrittenFile]:
        """A file for each sheet."""
        files = []
        for rows in self.sheets():
            path = folder / f"{self.stem}.{rows.sheet.name}.parquet"
            write_parquet(path, rows)
            files.append(WrittenFile(path, written([rows])))
        return files

    def pdf(self, folder: Path) -> list[WrittenFile]:
        """Of commissions a statement for each agent; of another kind all sheets as tables."""
        font = find_font(self.settings.pdf_font)
        if self.kind.name == "commissions":
            return self._statements(folder, font)
        sheets = self.sheets(is_paper=True)
        path = folder / f"{self.stem}.pdf"
        path.write_bytes(
            table_pdf(
                self.view.as_of,
                sheets,
                lambda: cover_of(self.view, self.kind, self.period, self.agent, self.book, sheets, self.t),
                font,
                self.t,
            )
        )
        return [WrittenFile(path, written(sheets))]

    def _statements(self, folder: Path, font: Any) -> list[WrittenFile]:
        agents = agent_statement.agents_with_statement(self.view, self.period) if self.agent is None else [self.agent]
        files = []
        for agent in agents:
            path = folder / f"{self.kind.name}_{self.period}_{quote(agent, safe='')}.pdf"
            content, lines, amount = agent_statement.agent_statement(self.view, agent, self.period, font)
            path.write_bytes(content)
            files.append(WrittenFile(path, (WrittenSheet("lines", lines, {"amount": amount}),)))
        return files


def written(sheets: Sequence[SheetRows]) -> tuple[WrittenSheet, ...]:
    """The counts of sheets that have been read."""
    return tuple(WrittenSheet(rows.sheet.name, rows.rows, dict(rows.totals)) for rows in sheets)


def _check_period(view: View, kind: FileKind, period: str) -> None:
    known = _settlement_periods(view) if kind.is_of_settlements else sorted(view.periods)
    if period not in known:
        what = "settled period" if kind.is_of_settlements else "billing period"
        listed = ", ".join(known) or "none yet"
        raise UsageError(f"--period: edition {view.name} has no {what} {period}; it has {listed}")


def _settlement_periods(view: View) -> list[str]:
    if "commission_statements" not in view.marts:
        return []
    batches = view.stream(_PERIODS, "settlement periods", {}, 100)
    return [period for batch in batches for period in batch.column(0).to_pylist()]


def _check_agent(view: View, kind: FileKind, agent: str | None) -> None:
    if agent is None:
        return
    if not kind.has_agents:
        able = ", ".join(name for name, each in FILE_KINDS.items() if each.has_agents)
        raise UsageError(f"--agent: {kind.name} are not by agent; it is for {able}")
    known = view.members("agent")
    if agent not in known:
        listed = ", ".join(known[:_AGENTS_NAMED]) + (", …" if len(known) > _AGENTS_NAMED else "")
        raise UsageError(f"--agent: edition {view.name} knows no agent '{agent}'; it has {listed or 'none'}")


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


def _manifest(job: _Job, file_format: str, files: Sequence[WrittenFile]) -> dict[str, Any]:
    return {
        "kind": job.kind.name,
        "billing_period": job.period,
        "agent_id": job.agent,
        "format": file_format,
        "language": job.t.language,
        "edition": job.view.name,
        "as_of": job.view.as_of.isoformat(),
        "built_at": job.view.built_at,
        "period_state": job.view.periods.get(job.period),
        "settlement": settlement_state(job.view, job.period),
        "reference_book": job.book.fingerprint,
        "files": [
            {
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
            for file in files
        ],
    }
