"""`tollhouse close` and `tollhouse reopen`: what is still open of a billing period, what its closing froze, what a reopening changed, and
the run that publishes it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.files import ledger_to_read
from orchestration.cli.parsing import add_command, period, reason
from orchestration.cli.progress import progress
from orchestration.cli.runs import run_answer
from orchestration.errors import TollhouseError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.month_end.checklist import OpenItem
    from orchestration.month_end.reopenings import ChangedBill, Compared, ComparedPeriod, Effect
    from orchestration.publishing.reading import EditionFolder
    from orchestration.runs import Reopening
    from orchestration.warehouse.closed.closing import FrozenTotal

#: How many of the bills that a reopening changed are printed; the page of periods and --json have all.
MOST_BILLS_SHOWN = 20


def add_commands(commands: Any) -> None:
    """Add close and reopen."""
    close = add_command(commands, "close", "close a billing period: its figures never change again", _close)
    close.add_argument("period", type=period, metavar="YYYY-MM", help="the oldest open period")
    close.add_argument("--check", action="store_true", help="only list what is still open of it, and change nothing")
    reopen = add_command(commands, "reopen", "reopen the newest closed period and compute it anew", _reopen)
    reopen.add_argument("period", type=period, metavar="YYYY-MM", help="the newest closed period")
    reopen.add_argument("--why", type=reason, metavar="TEXT", help="kept with the reopening; needed without --check")
    reopen.add_argument(
        "--check", action="store_true", help="only show what is frozen and what hangs on it, and change nothing"
    )


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
        _print_frozen(console, frozen.totals)
        console.print()
        answer.show(console)

    data = {
        "closed_period": arguments.period,
        "open_items": [asdict(item) for item in items],
        "frozen": [asdict(total) for total in frozen.totals],
        "left_out": [entry.file_name for entry in frozen.left_out],
    }
    return Answer({**data, **answer.data}, show, answer.exit_code, answer.failure)


def _reopen(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.alerting.sending import alerts_around_run
    from orchestration.month_end.reopenings import effects
    from orchestration.runs import refuse_to_reopen, reopen_period

    refuse_to_reopen(context.settings, arguments.period)
    with ledger_to_read(context.settings) as ledger:
        hanging = effects(ledger, arguments.period)
    if arguments.check:
        return _reopening_checked(arguments.period, hanging, context)
    if arguments.why is None:
        raise UsageError("give the reason (--why TEXT): a reopening is kept with it; or look first with --check")
    with progress(context) as reporter, alerts_around_run(context.settings, reporter.warn, context.was_stopped):
        for effect in hanging:  # before anything is run
            reporter.warn(f"{arguments.period}: {_effect_in_words(effect)}")
        done = reopen_period(context.settings, arguments.period, arguments.why, reporter=reporter)
    return _reopened(done, hanging, reporter.warnings, context)


def _reopening_checked(period: str, hanging: Sequence[Effect], context: Context) -> Answer:
    from orchestration.runs import frozen_period

    totals = frozen_period(context.settings, period)

    def show(console: Console) -> None:
        console.print(
            f"Period {period} can be reopened. Nothing was changed. These figures were frozen when it was closed:"
        )
        console.print()
        _print_frozen(console, totals)
        if hanging:
            console.print()
            rows = [(one.what, one.count, _optional(one.amount), one.meaning) for one in hanging]
            print_table(
                console, ["what hangs on it", "count", "money", "with a reopening"], rows, figures=["count", "money"]
            )

    data = {
        "period": period,
        "frozen": [asdict(total) for total in totals],
        "effects": [asdict(one) for one in hanging],
    }
    return Answer(data, show)


def _reopened(done: Reopening, hanging: Sequence[Effect], warnings: list[str], context: Context) -> Answer:
    """The answer: where the gates blocked the edition, the reopening stands and there is nothing to compare yet."""
    from orchestration.month_end.reopenings import changed_bills, compared_figures, compared_periods

    period, number, answer = done.reopened.period, done.reopened.reopening_number, run_answer(done.run, warnings)
    data = {
        "reopened_period": period,
        "reopening_number": number,
        "decision": asdict(done.reopened.decision),
        "frozen": [asdict(total) for total in done.reopened.totals],
        "effects": [asdict(one) for one in hanging],
    }
    if answer.exit_code:
        stands = (
            f"period {period} is reopened all the same: the ledger has it as open, and a run that the gates let pass publishes it. Until "
            "then everybody reads the edition before, in which it is closed"
        )
        return Answer({**data, **answer.data}, answer.show, answer.exit_code, f"{answer.failure}\n{stands}")
    before, after = _edition(done.edition_before, context), _edition(str(done.run.edition), context)
    figures, bills = compared_figures(after, period, number), changed_bills(after, period, number)
    periods = compared_periods(before, after)

    def show(console: Console) -> None:
        decision = done.reopened.decision
        console.print(f"Period {period} is open again: {decision.decided_by} reopened it ({decision.why}).")
        console.print(f"Its figures as they were closed, and as edition {done.run.edition} has them:")
        console.print()
        _print_compared(console, figures)
        console.print()
        _print_changed_bills(console, bills)
        others = [one for one in periods if one.billing_period != period]
        if others:
            console.print()
            console.print("Other periods whose bills changed with it:")
            _print_periods(console, others)
        console.print()
        console.print(f"`tollhouse close {period}` closes it again. The table stays on the page Billing periods.")
        console.print()
        answer.show(console)

    data |= {
        "compared_figures": [{**asdict(one), "difference": one.difference} for one in figures],
        "changed_bills": [asdict(one) for one in bills],
        "changed_periods": [asdict(one) for one in periods],
    }
    return Answer({**data, **answer.data}, show)


def _edition(name: str, context: Context) -> EditionFolder:
    from orchestration.publishing.reading import edition_folders, read_edition

    published = context.settings.published
    folders = {folder.name: folder for folder in edition_folders(published).values()}
    return read_edition(folders[name], published)


def _effect_in_words(effect: Effect) -> str:
    money = "" if effect.amount is None else f", {_money(effect.amount)}"
    return f"{effect.what} ({effect.count}{money}): {effect.meaning}"


def _print_compared(console: Console, figures: Sequence[Compared]) -> None:
    def shown(value: Decimal, one: Compared, sign: str = "") -> str:
        return f"{value:{sign},.2f}" if one.is_amount else f"{value:{sign},}"

    rows = [
        (one.figure, shown(one.before, one), shown(one.after, one), shown(one.difference, one, "+")) for one in figures
    ]
    print_table(console, ["figure", "before", "after", "difference"], rows, figures=["before", "after", "difference"])


def _print_changed_bills(console: Console, bills: Sequence[ChangedBill]) -> None:
    if not bills:
        console.print("No bill changed.")
        return
    console.print(f"{len(bills)} bills changed" if len(bills) > 1 else "1 bill changed")
    rows = [
        (one.account_id, _money(one.before), _money(one.after), f"{one.after - one.before:+,.2f}")
        for one in bills[:MOST_BILLS_SHOWN]
    ]
    print_table(console, ["account", "before", "after", "difference"], rows, figures=["before", "after", "difference"])
    if len(bills) > MOST_BILLS_SHOWN:
        console.print(
            f"and {len(bills) - MOST_BILLS_SHOWN} with smaller differences: see the page Billing periods, or --json"
        )


def _print_periods(console: Console, periods: Sequence[ComparedPeriod]) -> None:
    rows = [
        (
            one.billing_period,
            one.bills_before,
            one.bills_after,
            _money(one.before),
            _money(one.after),
            f"{one.after - one.before:+,.2f}",
        )
        for one in periods
    ]
    columns = ["period", "bills before", "bills after", "before", "after", "difference"]
    print_table(console, columns, rows, figures=columns[1:])


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else _money(amount)


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


def _print_frozen(console: Console, totals: Sequence[FrozenTotal]) -> None:
    rows = [(total.kind, total.rows, _money(total.amount)) for total in totals]
    print_table(console, ["frozen", "rows", "amount"], rows, figures=["rows", "amount"])


def _money(amount: Decimal) -> str:
    """Cents, and the further digits where there are any: amounts of calls are not rounded."""
    text = f"{amount:,f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
