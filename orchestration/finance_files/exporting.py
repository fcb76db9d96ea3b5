"""From the published edition to the files of one kind and period. The same edition and reference book give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import quote

from dashboards.i18n import Translate
from dashboards.pages.frame import name_of
from dashboards.view import View
from orchestration.errors import UsageError
from orchestration.finance_files.agent_statement import agent_statement, agents_with_statement
from orchestration.finance_files.cover import cover_of
from orchestration.finance_files.declarations import FILE_KINDS, FileKind, query_reads, query_text
from orchestration.finance_files.pdf import Font
from orchestration.finance_files.settlement import settlement_state
from orchestration.finance_files.sheets import BATCH_ROWS
from orchestration.finance_files.writing import FileJob, WrittenFile, WrittenSheet, write_files
from orchestration.reference_book.reading import read_reference_book
from orchestration.settings import Settings

_AGENTS_NAMED = 20


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
    with View.current(settings.published) as view:
        return export_from_view(view, settings, kind_name, period, agent, file_format, language, folder)


def export_from_view(
    view: View,
    settings: Settings,
    kind_name: str,
    period: str,
    agent: str | None,
    file_format: str,
    language: str,
    folder: Path,
) -> ExportOutcome:
    """The same from a view that is open: its edition, and of the rows and columns what its viewer may see."""
    kind = FILE_KINDS[kind_name]
    book = read_reference_book(settings.reference)
    t = Translate.to(language)
    _check_period(view, kind, period)
    _check_agent(view, kind, agent)
    settlement = settlement_state(view, period)
    title = t("finance_files.cover.title", kind=t(f"finance_files.kinds.{kind.name}"), period=period)
    subject = [] if agent is None else [(t("finance_files.cover.agent"), f"{agent} {name_of(view, 'agent', agent, t)}")]
    job = FileJob(
        view=view,
        t=t,
        stem="_".join((kind.name, period, *(() if agent is None else (quote(agent, safe=""),)))),
        sheets=[sheet for sheet in kind.sheets if agent is None or sheet.by_agent],
        parameters={"period": period, "agent": agent},
        cover=lambda sheets: cover_of(view, title, subject, period, book, sheets, t),
        pdf_font=settings.pdf_font,
        paper=partial(_statements, view, period, agent) if kind.name == "commissions" else None,
    )
    facts = {
        "kind": kind.name,
        "billing_period": period,
        "agent_id": agent,
        "language": language,
        "edition": view.name,
        "as_of": view.as_of.isoformat(),
        "built_at": view.built_at,
        "period_state": view.periods.get(period),
        "settlement": settlement,
        "reference_book": book.fingerprint,
    }
    files, manifest = write_files(job, file_format, folder, facts)
    return ExportOutcome(view.name, view.as_of, settlement, files, manifest)


def _statements(view: View, period: str, asked: str | None, folder: Path, font: Font) -> list[WrittenFile]:
    """A statement for each agent that has one, or for the one that is asked for."""
    files = []
    able = agents_with_statement(view, period)
    if asked is not None and asked not in able:
        raise UsageError(f"--agent: edition {view.name} has no commission statement of {asked} for {period}")
    for agent in able if asked is None else [asked]:
        path = folder / f"commissions_{period}_{quote(agent, safe='')}.pdf"
        content, lines, amount = agent_statement(view, agent, period, font)
        path.write_bytes(content)
        files.append(WrittenFile(path, (WrittenSheet("lines", lines, {"amount": amount}),)))
    return files


def _check_period(view: View, kind: FileKind, period: str) -> None:
    known = known_periods(view, kind)
    if period not in known:
        what = "settled period" if kind.name == "commissions" else "billing period"
        listed = ", ".join(known) or "none yet"
        raise UsageError(f"--period: edition {view.name} has no {what} {period}; it has {listed}")


def known_periods(view: View, kind: FileKind) -> list[str]:
    """The periods that a kind of file can be of: the billing periods, of commissions the settled ones, of debits those of debits too."""
    billed = [] if kind.name == "commissions" else list(view.periods)
    if not kind.periods or view.lacking(query_reads(kind.periods)):
        return sorted(billed)
    batches = view.stream(query_text(kind.periods), kind.periods, {}, BATCH_ROWS)
    return sorted({*billed, *(period for batch in batches for period in batch.column(0).to_pylist())})


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
