"""Which mails are due, what is in each, and sending them: a receiver gets a mail once for a day.

What was sent is kept in `report_mails_sent.json` of the home as soon as the mail server has taken it: what failed is tried again.
"""

from __future__ import annotations

import fcntl
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from dashboards.i18n import Translate
from dashboards.pages.model import Page
from dashboards.renderers.files import page_workbook
from dashboards.site_map import draw
from dashboards.view import BranchFiles, View
from orchestration.branch_clock import branch_now, machine_day
from orchestration.errors import TollhouseError, UsageError
from orchestration.finance_files.pdf import find_font
from orchestration.finance_files.sending import check_sending, send_files
from orchestration.publishing.manifest import EditionError
from orchestration.report_mails.declaration import MAILS_FILE, ReportMail, load_report_mails
from orchestration.report_mails.paper import page_pdf
from orchestration.settings import Settings
from orchestration.storage.durable import as_json, replace_text

SENT_FILE = "report_mails_sent.json"
_VERSION = 1

#: For each mail and receiver the day for which it was sent last.
Sent = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Prepared:
    """A mail as it would be sent: its words and its files."""

    mail: ReportMail
    edition: str
    subject: str
    text: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a mail to a receiver: `fault` is None where the mail server took it, or where it was only written."""

    name: str
    receiver: str
    fault: str | None
    files: tuple[Path, ...] = ()


def due_mails(mails: Sequence[ReportMail], sent: Sent, now: datetime) -> list[tuple[ReportMail, str]]:
    """The mails that are due by the branch's clock, each with a receiver who has not got it.

    A day that was missed is made good once; a mail that was never sent waits for its next day.
    """
    due = []
    for mail in mails:
        day = mail.last_day_until(now.date())
        if day == now.date() and f"{now:%H:%M}" < mail.time:
            continue
        for receiver in mail.to:
            last = sent.get(mail.name, {}).get(receiver)
            is_due = day == now.date() if last is None else date.fromisoformat(last) < day
            if is_due:
                due.append((mail, receiver))
    return due


def send_due_mails(settings: Settings, now: datetime | None = None) -> list[Outcome]:
    """Send every mail that is due. A fault of one stops no other. Raises UsageError where the file of the mails is wrong."""
    mails = load_report_mails(settings.home)
    if not mails:
        return []
    with _keeping_what_is_sent(settings) as sent:
        return list(_sent(settings, due_mails(mails, sent, now or _now(settings)), sent, _now(settings).date()))


def send_named_mails(settings: Settings, names: Sequence[str]) -> list[Outcome]:
    """Send mails of these names at once to all their receivers, whatever day it is."""
    chosen = [(mail, receiver) for mail in named_mails(settings, names) for receiver in mail.to]
    with _keeping_what_is_sent(settings) as sent:
        return list(_sent(settings, chosen, sent, _now(settings).date()))


def write_mails(settings: Settings, names: Sequence[str], folder: Path) -> list[Outcome]:
    """Write what mails of these names (all, where none is named) would hold to `<folder>/<name>/`, and send nothing."""
    outcomes: list[Outcome] = []
    for mail in named_mails(settings, names) if names else load_report_mails(settings.home):
        fault: str | None = None
        files: tuple[Path, ...] = ()
        try:
            prepared = prepare(settings, mail, folder / mail.name)
            words = folder / mail.name / "mail.txt"
            words.write_text(f"{prepared.subject}\n\n{prepared.text}", encoding="utf-8")
            files = (words, *prepared.files)
        except TollhouseError as error:
            fault = str(error)
        outcomes.extend(Outcome(mail.name, receiver, fault, files) for receiver in mail.to)
    return outcomes


def named_mails(settings: Settings, names: Sequence[str]) -> list[ReportMail]:
    """The declared mails of these names. Raises UsageError where one is not declared."""
    mails = {mail.name: mail for mail in load_report_mails(settings.home)}
    for name in names:
        if name not in mails:
            has = ", ".join(mails) or "no mail at all"
            raise UsageError(f"{settings.home / MAILS_FILE} declares no mail {name}; it declares {has}")
    return [mails[name] for name in names]


def sent_until_now(settings: Settings) -> Sent:
    """For each mail and receiver the day for which it was sent last. Raises TollhouseError where the file is damaged."""
    path = settings.home / SENT_FILE
    try:
        kept: Any = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(name): {str(receiver): date.fromisoformat(day).isoformat() for receiver, day in of_mail.items()}
            for name, of_mail in kept["sent"].items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TollhouseError(
            f"{path}: damaged ({error}); remove it: mails of today may then go out a second time"
        ) from error


def prepare(settings: Settings, mail: ReportMail, folder: Path) -> Prepared:
    """Draw the page of the current edition as the receiver may see it and write it to a folder as PDF and XLSX.

    Raises TollhouseError naming the mail where there is no edition, the page has nothing for these filters, or no font is found.
    """
    t = Translate.to(mail.language)
    branch = BranchFiles(settings.reference, settings.notices)
    try:
        with View.current(settings.published, mail.viewer, branch) as view:
            page, edition, as_of = draw(mail.page, view, mail.params), view.name, view.as_of
    except EditionError as error:
        raise TollhouseError(f"mail {mail.name}: {error}") from error
    if page.status != HTTPStatus.OK:
        raise TollhouseError(f"mail {mail.name}: {_words_of(page)}")
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{mail.name}-{as_of.isoformat()}"
    pdf, workbook = folder / f"{stem}.pdf", folder / f"{stem}.xlsx"
    pdf.write_bytes(page_pdf(page, as_of, find_font(settings.pdf_font)))
    workbook.write_bytes(page_workbook(page))
    scope = "" if mail.viewer.scope.is_whole_branch else ", ".join((*mail.units, *mail.outlets, *mail.agents))
    subject = " · ".join(filter(None, (page.heading, scope, as_of.isoformat())))
    return Prepared(mail, edition, subject, _text(page, t), (pdf, workbook))


def _sent(settings: Settings, chosen: Sequence[tuple[ReportMail, str]], sent: Sent, today: date) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory(prefix="report-mails-") as folder:
        made: dict[str, Prepared | TollhouseError] = {}
        for mail, receiver in chosen:
            try:
                check_sending(settings.alerts, receiver)
                if mail.name not in made:
                    made[mail.name] = _prepared(settings, mail, Path(folder) / mail.name)
                prepared = made[mail.name]
                if isinstance(prepared, TollhouseError):
                    raise prepared
                send_files(settings.alerts, receiver, prepared.subject, prepared.text, prepared.files)
            except TollhouseError as error:
                yield Outcome(mail.name, receiver, str(error))
                continue
            sent.setdefault(mail.name, {})[receiver] = today.isoformat()
            _keep(settings, sent)
            yield Outcome(mail.name, receiver, None)


def _prepared(settings: Settings, mail: ReportMail, folder: Path) -> Prepared | TollhouseError:
    """The mail, or why there is none: the next receiver of it is told the same."""
    try:
        return prepare(settings, mail, folder)
    except TollhouseError as error:
        return error


def _text(page: Page, t: Translate) -> str:
    lines = [page.heading, page.subheading, ""]
    lines += [f"{fact.label}: {fact.value}" for fact in page.facts]
    for section in page.sections:
        lines += [f"{tile.label}: {f'{tile.value} {tile.unit}'.strip()}" for tile in section.tiles]
    return "\n".join([*lines, "", t("report_mails.enclosed"), ""])


def _words_of(page: Page) -> str:
    """What a page says in the place of its figures."""
    words = [getattr(block, "text", "") for section in page.sections for block in section.blocks]
    return " ".join(filter(None, words)) or page.heading


def _now(settings: Settings) -> datetime:
    return datetime.combine(machine_day(settings), branch_now(settings.time_zone).time())


@contextmanager
def _keeping_what_is_sent(settings: Settings) -> Iterator[Sent]:
    """What was sent, for one process at a time."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "report_mails.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield sent_until_now(settings)


def _keep(settings: Settings, sent: Sent) -> None:
    replace_text(settings.home / SENT_FILE, as_json({"version": _VERSION, "sent": sent}))
