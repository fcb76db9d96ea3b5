"""`tollhouse export`: files for finance and the banks, made from the published edition."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, day, language_option, path, period
from orchestration.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


# The kinds and formats of orchestration.finance_files, which is not imported for a mere --help (tests/cli/test_exports.py).
_FINANCE_KINDS = {
    "commissions": "write the agents' commission of a period: workbook, tables or a PDF statement for each agent",
    "collections": "write the collection rates of a period by unit, agent, outlet and class",
    "bills": "write the bills of a period with their lines",
    "debits": "write what the banks collected, refused and corrected for a period",
    "providers": "write the shares of the information service providers for a period",
    "receivables": "write what is open of the bills of a period, and the arrears",
}
_FINANCE_FORMATS = ("xlsx", "csv", "pdf", "parquet")


def add_commands(commands: Any) -> None:
    """Add export with debit-requests and the finance files."""
    export = add_command(commands, "export", "write files for finance and the banks from the edition", _no_export)
    exports = export.add_subparsers(metavar="WHAT")
    requests = add_command(exports, "debit-requests", "ask the banks to debit the open bills", _debit_requests)
    requests.add_argument("--bank", metavar="BANK_CODE", help="only this bank; all by default")
    requests.add_argument("--period", type=period, metavar="YYYY-MM", help="only this billing period; all by default")
    requests.add_argument("--format", choices=("canonical", "pain.008"), default="canonical", help="of the files")
    requests.add_argument(
        "--debit-on",
        type=day,
        metavar="DATE",
        help="when to debit; by default the due date, or tomorrow once that is past",
    )
    requests.add_argument("--creditors", type=path, metavar="FILE", help="for pain.008: who collects, by bank (YAML)")
    requests.add_argument(
        "--out", type=path, metavar="DIR", help="where to; by default exports/debit_requests of the home"
    )
    requests.add_argument("--again", action="store_true", help="also bills with a request that is not answered yet")
    for kind, summary in _FINANCE_KINDS.items():
        files = add_command(exports, kind, summary, _finance_files)
        files.set_defaults(finance_kind=kind)
        files.add_argument("--period", type=period, required=True, metavar="YYYY-MM", help="the billing period")
        files.add_argument("--agent", metavar="AGENT_ID", help="only this agent; all by default")
        files.add_argument("--format", choices=_FINANCE_FORMATS, default=_FINANCE_FORMATS[0], help="of the files")
        files.add_argument(
            "--out", type=path, metavar="DIR", help=f"where to; by default exports/{kind}/<period> of the home"
        )
        language_option(files)
    details = add_command(exports, "call-details", "write every rated call of an account or number", _call_details)
    details.add_argument("--period", type=period, required=True, metavar="YYYY-MM", help="the billing period")
    details.add_argument("--account", metavar="ACCOUNT_ID", help="the account whose calls are listed")
    details.add_argument("--number", metavar="NUMBER", help="the charged number whose calls are listed")
    details.add_argument("--mask", action="store_true", help="shorten the telephone numbers and call ids")
    details.add_argument("--format", choices=_FINANCE_FORMATS, default=_FINANCE_FORMATS[0], help="of the files")
    details.add_argument(
        "--out", type=path, metavar="DIR", help="where to; by default exports/call_details/<period> of the home"
    )
    details.add_argument("--email", metavar="ADDRESS", help="send the files there too")
    language_option(details)


def _no_export(arguments: argparse.Namespace, context: Context) -> Answer:
    raise UsageError("name what to export; see `tollhouse export --help`")


def _debit_requests(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.debit_requests.exporting import export_debit_requests
    from orchestration.debit_requests.planning import DebitRequestOptions

    settings = context.settings
    folder = (arguments.out or settings.home / "exports" / "debit_requests").expanduser().absolute()
    options = DebitRequestOptions(arguments.bank, arguments.period, arguments.debit_on, arguments.again)
    outcome = export_debit_requests(settings, options, arguments.format, folder, arguments.creditors)
    batches = [
        {
            "bank_code": one.batch.bank_code,
            "batch_id": one.batch.batch_id,
            "billing_period": one.batch.billing_period,
            "format": one.batch.format,
            "debit_on": one.batch.debit_on,
            "records": one.batch.records,
            "total_amount": one.batch.total_amount,
            "file": one.path,
            "sha256": one.batch.sha256,
        }
        for one in outcome.written
    ]
    left_out = [asdict(bill) for bill in outcome.left_out]
    data = {"edition": outcome.edition, "as_of": outcome.as_of, "batches": batches, "left_out": left_out}

    def show(console: Console) -> None:
        if batches:
            shown = ["bank_code", "batch_id", "billing_period", "debit_on", "records", "total_amount", "file"]
            print_table(
                console, shown, [[batch[name] for name in shown] for batch in batches], ["records", "total_amount"]
            )
        else:
            console.print(f"nothing is requested: edition {outcome.edition} has no open bill that can be")
        if left_out:
            console.print()
            columns = ["account_id", "bill_account_id", "billing_period", "amount", "reason"]
            print_table(
                console,
                ["left out", *columns[1:]],
                [[bill[name] for name in columns] for bill in left_out],
                ["amount"],
            )

    return Answer(data, show)


def _finance_files(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.finance_files.exporting import export_finance_files

    settings = context.settings
    kind = arguments.finance_kind
    folder = (arguments.out or settings.home / "exports" / kind / arguments.period).expanduser().absolute()
    outcome = export_finance_files(
        settings, kind, arguments.period, arguments.agent, arguments.format, context.texts.language, folder
    )
    files = [
        {
            "file": file.path,
            "sha256": file.sha256,
            "sheets": [{"sheet": sheet.name, "rows": sheet.rows, "totals": sheet.totals} for sheet in file.sheets],
        }
        for file in outcome.files
    ]
    data = {
        "edition": outcome.edition,
        "as_of": outcome.as_of,
        "kind": kind,
        "billing_period": arguments.period,
        "settlement": outcome.settlement,
        "files": files,
        "manifest": outcome.manifest,
    }

    def show(console: Console) -> None:
        lines = [
            [
                sheet.name,
                sheet.rows,
                ", ".join(f"{name} {value:,}" for name, value in sheet.totals.items()),
                file.path,
            ]
            for file in outcome.files
            for sheet in file.sheets
        ]
        if lines:
            print_table(console, ["sheet", "rows", "totals", "file"], lines, ["rows"])
        else:
            console.print(f"no file: edition {outcome.edition} has nothing of {kind} for {arguments.period}")
        console.print(f"\nedition {outcome.edition}, settlement {outcome.settlement}; manifest {outcome.manifest}")

    return Answer(data, show)


def _call_details(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.finance_files.call_details import export_call_details
    from orchestration.finance_files.sending import check_sending, send_files

    settings, t = context.settings, context.texts
    if arguments.email is not None:
        check_sending(settings.alerts, arguments.email)
    folder = (arguments.out or settings.home / "exports" / "call_details" / arguments.period).expanduser().absolute()
    outcome = export_call_details(
        settings,
        arguments.account,
        arguments.number,
        arguments.period,
        arguments.format,
        t.language,
        folder,
        masked=arguments.mask,
    )
    (sheet,) = outcome.files[0].sheets
    whose = " ".join(each for each in (arguments.account, arguments.number) if each is not None)
    if arguments.email is not None:
        send_files(
            settings.alerts,
            arguments.email,
            t("finance_files.call_details.mail_subject", whose=whose, period=arguments.period),
            t(
                "finance_files.call_details.mail_text",
                whose=whose,
                period=arguments.period,
                as_of=outcome.as_of.isoformat(),
            ),
            [file.path for file in outcome.files],
        )
    data = {
        "edition": outcome.edition,
        "as_of": outcome.as_of,
        "account_id": arguments.account,
        "charged_number": arguments.number,
        "billing_period": arguments.period,
        "is_masked": arguments.mask,
        "rows": sheet.rows,
        "totals": sheet.totals,
        "files": [{"file": file.path, "sha256": file.sha256} for file in outcome.files],
        "manifest": outcome.manifest,
        "sent_to": arguments.email,
    }

    def show(console: Console) -> None:
        totals = ", ".join(f"{name} {value:,}" for name, value in sheet.totals.items())
        console.print(f"{sheet.rows} calls, {totals}: {outcome.files[0].path}")
        if arguments.email is not None:
            console.print(t("finance_files.bill.sent", receiver=arguments.email, server=str(settings.alerts.smtp)))

    return Answer(data, show)
