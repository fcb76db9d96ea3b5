"""`tollhouse export`: files for finance and the banks, made from the published edition."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, day, path, period
from orchestration.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


def add_commands(commands: Any) -> None:
    """Add export with debit-requests."""
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
