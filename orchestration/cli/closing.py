"""`tollhouse close`: what is still open of a billing period, what its closing froze, and the run that publishes it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.files import ledger_to_read
from orchestration.cli.parsing import add_command, period
from orchestration.cli.progress import progress
from orchestration.cli.runs import run_answer
from orchestration.errors import TollhouseError

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.month_end.checklist import OpenItem
    from orchestration.warehouse.closed.closing import FrozenPeriod


def add_commands(commands: Any) -> None:
    """Add close."""
    close = add_command(commands, "close", "close a billing period: its figures never change again", _close)
    close.add_argument("period", type=period, metavar="YYYY-MM", help="the oldest open period")
    close.add_argument("--check", action="store_true", help="only list what is still open of it, and change nothing")


def _close(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.alerting.sending import alerts_around_run
    from orchestration.runs import close_period, refuse_to_close

    refuse_to_close(context.settings, arguments.period)
    items = _open_items(arguments.period, context)
    if arguments.check:
        return _checked(arguments.period, items)
    with progress(context) as reporter, alerts_around_run(context.settings, reporter.warn, context.was_stopped):
        for item in items:  # before anything is run
            reporter.warn(f"{arguments.period}: {_in_words(item)}")
        frozen, outcome = close_period(context.settings, arguments.period, reporter=reporter)
    answer = run_answer(outcome, reporter.warnings)

    def show(console: Console) -> None:
        console.print(f"Period {arguments.period} is closed: calls that come later land in the oldest open period.")
        console.print()
        _print_frozen(console, frozen)
        console.print()
        answer.show(console)

    data = {
        "closed_period": arguments.period,
        "open_items": [asdict(item) for item in items],
        "frozen": [asdict(total) for total in frozen.totals],
        "left_out": [entry.file_name for entry in frozen.left_out],
    }
    return Answer({**data, **answer.data}, show, answer.exit_code, answer.failure)


def _checked(period: str, items: Sequence[OpenItem]) -> Answer:
    def show(console: Console) -> None:
        if not items:
            console.print(f"Nothing of period {period} is open: `tollhouse close {period}`.")
            return
        console.print(f"Still open of period {period}; what is settled after the closing lands in an open period:")
        console.print()
        _print_items(console, items)

    return Answer({"period": period, "open_items": [asdict(item) for item in items]}, show)


def _open_items(period: str, context: Context) -> list[OpenItem]:
    from orchestration.month_end.checklist import open_items
    from orchestration.publishing.reading import current_edition, no_edition

    edition = current_edition(context.settings.published)
    if edition is None:
        raise TollhouseError(no_edition(context.settings.published))
    with ledger_to_read(context.settings) as ledger:
        return open_items(edition, ledger, period)


def _in_words(item: OpenItem) -> str:
    money = "" if item.amount is None else f", {_money(item.amount)}"
    return f"still open: {item.kind}: {item.subject} ({item.count}{money}): {item.advice}"


def _print_items(console: Console, items: Sequence[OpenItem]) -> None:
    rows = [
        (item.kind, item.subject, item.count, None if item.amount is None else _money(item.amount), item.advice)
        for item in items
    ]
    print_table(console, ["open", "what", "count", "money", "what to do"], rows, figures=["count", "money"])


def _print_frozen(console: Console, frozen: FrozenPeriod) -> None:
    rows = [(total.kind, total.rows, _money(total.amount)) for total in frozen.totals]
    print_table(console, ["frozen", "rows", "amount"], rows, figures=["rows", "amount"])


def _money(amount: Decimal) -> str:
    """Cents, and the further digits where there are any: amounts of calls are not rounded."""
    text = f"{amount:,f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
