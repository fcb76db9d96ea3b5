"""`tollhouse bill`: the bill of a customer, on the screen, as a file, or by e-mail. The bill itself is made in finance_files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_fact, print_table, shown_code
from orchestration.cli.parsing import add_command, language_option, path, period

if TYPE_CHECKING:
    from rich.console import Console

    from dashboards.i18n import Translate
    from dashboards.view import Row

# The formats of orchestration.finance_files, which is not imported for a mere --help (tests/cli/test_exports.py).
_FORMATS = ("pdf", "xlsx", "csv", "parquet")


def add_commands(commands: Any) -> None:
    """Add bill."""
    bill = add_command(commands, "bill", "print or write the bill of an account, or what is to pay now", _bill)
    bill.add_argument("account", metavar="ACCOUNT_ID", help="the account")
    which = bill.add_mutually_exclusive_group()
    which.add_argument(
        "--period", type=period, metavar="YYYY-MM", help="of this period; by default the newest issued one"
    )
    which.add_argument(
        "--now",
        action="store_true",
        help="the running account for a customer who leaves: all that is open, provisional",
    )
    bill.add_argument("--format", choices=_FORMATS, help="write a file in this format; by default it is only printed")
    bill.add_argument("--out", type=path, metavar="DIR", help="where to; by default exports/customer_bills of the home")
    bill.add_argument("--email", metavar="ADDRESS", help="send the file there too (as PDF, without --format)")
    language_option(bill)


def _bill(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.finance_files.bill import open_bill
    from orchestration.finance_files.sending import check_sending, send_files

    settings, t = context.settings, context.texts
    if arguments.email is not None:
        check_sending(settings.alerts, arguments.email)
    file_format = arguments.format or ("pdf" if arguments.email or arguments.out else None)
    with open_bill(settings, arguments.account, arguments.period, t.language, is_now=arguments.now) as bill:
        folder = (arguments.out or settings.home / "exports" / "customer_bills").expanduser().absolute()
        files, manifest = bill.write(file_format, folder) if file_format else ((), None)
        words = {"title": bill.title, "account": bill.account, "period": bill.period}
        if arguments.email is not None:
            send_files(
                settings.alerts,
                arguments.email,
                t("finance_files.bill.mail_subject", **words),
                t("finance_files.bill.mail_text", as_of=bill.view.as_of.isoformat(), **words),
                [file.path for file in files],
            )
        data = {
            "edition": bill.view.name,
            "as_of": bill.view.as_of,
            "account_id": bill.account,
            "billing_period": bill.period,
            "is_provisional": bill.is_provisional,
            "is_running_account": bill.is_now,
            "amount": bill.row["amount"],
            "received": bill.row["received"],
            "open_amount": bill.row["open_amount"],
            "amount_to_pay": bill.amount_to_pay,
            "lines": bill.lines,
            "promotions": bill.promotions,
            "payments": bill.payments,
            "to_pay": bill.to_pay,
            "settling_account_id": bill.payer,
            "balances": bill.balances,
            "files": [{"file": file.path, "sha256": file.sha256} for file in files],
            "manifest": manifest,
            "sent_to": arguments.email,
        }
        heading = t("finance_files.bill.saved", edition=bill.view.name, **words)
        warning = ""
        if bill.is_provisional:
            warning = t("finance_files.bill.provisional", as_of=bill.view.as_of.isoformat())

    def show(console: Console) -> None:
        console.print(heading, style="bold")
        if warning:
            console.print(warning)
        _print_rows(console, t, "lines", ("service_number", "bill_item_id", "line_kind", "amount"), data["lines"])
        _print_rows(console, t, "promotions", ("service_number", "how_it_came", "amount"), data["promotions"])
        _print_rows(console, t, "payments", ("applied_on", "payment_id", "amount"), data["payments"])
        columns = (
            "account_id",
            "billing_period",
            "issued_on",
            "due_on",
            "amount",
            "received",
            "written_off",
            "open_amount",
        )
        _print_rows(console, t, "to_pay", columns, data["to_pay"])
        shown = [{**row, "money": t(f"finance_files.bill.{row['money']}_money")} for row in data["balances"]]
        _print_rows(console, t, "balances", ("settling_account_id", "money", "amount"), shown)
        console.print()
        width = 2 + max(len(t("finance_files.bill.amount")), 12)
        print_fact(console, t("finance_files.bill.amount"), f"{data['amount']:,}", width)
        console.print(t("finance_files.bill.to_pay_in_all", amount=f"{data['amount_to_pay']:,}"))
        for file in files:
            console.print(str(file.path))
        if arguments.email is not None:
            console.print(t("finance_files.bill.sent", receiver=arguments.email, server=str(settings.alerts.smtp)))

    return Answer(data, show)


def _print_rows(console: Console, t: Translate, part: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    if not rows:
        return
    console.print()
    figures = [name for name in columns if name in ("amount", "received", "written_off", "open_amount")]
    cells = [[shown_code(t, name, row[name]) if name == "line_kind" else row[name] for name in columns] for row in rows]
    console.print(t(f"finance_files.bill.{part}"), style="bold")
    print_table(console, list(columns), cells, figures)
