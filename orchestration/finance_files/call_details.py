"""The call detail list of an account or a number in a period: every rated call of it, whole or with masked numbers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from dashboards.i18n import Translate
from dashboards.view import View
from orchestration.errors import UsageError
from orchestration.finance_files.cover import cover_of
from orchestration.finance_files.declarations import CALL_DETAILS
from orchestration.finance_files.exporting import ExportOutcome
from orchestration.finance_files.settlement import settlement_state
from orchestration.finance_files.sheets import SheetRows
from orchestration.finance_files.writing import FileJob, write_files
from orchestration.reference_book.reading import read_reference_book
from orchestration.settings import Settings


def export_call_details(
    settings: Settings,
    account: str | None,
    number: str | None,
    period: str,
    file_format: str,
    language: str,
    folder: Path,
    *,
    masked: bool,
) -> ExportOutcome:
    """Write the list into a folder. Raises UsageError where neither account nor number is named, or they have no call in the period."""
    if account is None and number is None:
        raise UsageError("name whose calls: --account ACCOUNT_ID, --number NUMBER, or both")
    book = read_reference_book(settings.reference)
    t = Translate.to(language)
    with View.current(settings.published) as view:
        if period not in view.periods:
            listed = ", ".join(sorted(view.periods))
            raise UsageError(f"--period: edition {view.name} has no billing period {period}; it has {listed}")
        parameters = {"account": account, "number": number, "period": period}
        whose = " ".join(each for each in (account, number) if each is not None)
        if not SheetRows(view, CALL_DETAILS, t, parameters).count():
            raise UsageError(f"edition {view.name} has no rated call of {whose} in {period}")
        subject = [
            (t(f"finance_files.call_details.{name}"), value)
            for name, value in (("account", account), ("number", number))
            if value is not None
        ]
        if masked:
            subject.append((t("finance_files.call_details.numbers"), t("finance_files.call_details.masked")))
        names = (quote(each, safe="") for each in (account, number) if each is not None)
        job = FileJob(
            view=view,
            t=t,
            stem="_".join(("call_details", *names, period, *(("masked",) if masked else ()))),
            sheets=(CALL_DETAILS,),
            parameters=parameters,
            cover=lambda sheets: cover_of(
                view,
                f"{t('finance_files.call_details.title')} {whose} {period}",
                subject,
                period,
                book,
                sheets,
                t,
                for_customer=True,
            ),
            pdf_font=settings.pdf_font,
            masked=masked,
        )
        facts = {
            "kind": "call_details",
            "account_id": account,
            "charged_number": number,
            "billing_period": period,
            "is_masked": masked,
            "language": language,
            "edition": view.name,
            "as_of": view.as_of.isoformat(),
            "period_state": view.periods.get(period),
        }
        files, manifest = write_files(job, file_format, folder, facts)
        return ExportOutcome(view.name, view.as_of, settlement_state(view, period), files, manifest)
