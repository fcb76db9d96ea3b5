"""`tollhouse rerate`: what another book would change, and publishing it. What is done is in orchestration.rerating."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, day, path, reason
from orchestration.cli.progress import progress
from orchestration.cli.runs import run_answer
from orchestration.errors import GatesBlocked, TollhouseError
from orchestration.printable import spreadsheet_text

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.rerating.rerate import RerateOutcome

MOST_ROWS_SHOWN = 50


def add_commands(commands: Any) -> None:
    """Add rerate."""
    rerate = add_command(
        commands, "rerate", "rate call days again with another tariff book or after a correction", _rerate
    )
    rerate.add_argument("--from", dest="first", type=day, required=True, metavar="DATE", help="the first call day")
    rerate.add_argument("--to", dest="last", type=day, required=True, metavar="DATE", help="the last call day")
    rerate.add_argument(
        "--reference", type=path, metavar="DIR", help="the book to rate with (default: the one that is set)"
    )
    rerate.add_argument("--dry-run", action="store_true", help="print what would change and change nothing")
    rerate.add_argument("--why", type=reason, metavar="TEXT", help="kept with the re-rating; needed without --dry-run")
    rerate.add_argument("--csv", type=path, metavar="FILE", help="write the table of differences there too")


def _rerate(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.rerating.rerate import rerate

    with progress(context) as reporter, _alerts(arguments, context, reporter.warn):
        outcome = rerate(
            context.settings,
            arguments.first,
            arguments.last,
            reference=arguments.reference,
            why=arguments.why,
            dry_run=arguments.dry_run,
            reporter=reporter,
        )
    rows = _rows(outcome)
    if arguments.csv is not None:
        _write_csv(arguments.csv, rows)
    sentences = _sentences(outcome, arguments.dry_run)
    data = {
        "dry_run": arguments.dry_run,
        "first_day": arguments.first,
        "last_day": arguments.last,
        "days": list(outcome.rated.days),
        "reference": outcome.reference,
        "changes": rows,
        "adjustments": [asdict(line) for line in outcome.rated.findings.lines],
        "adjusted_in": outcome.rated.adjusted_in,
        "days_outside": list(outcome.rated.days_outside),
        "standing_calls": outcome.rated.standing_calls,
        "rerating": None if outcome.rerating is None else asdict(outcome.rerating),
        "message": "\n".join(sentences),
    }
    if outcome.run is None:
        return Answer(data, lambda console: _show(console, rows, sentences))
    after = run_answer(outcome.run, reporter.warnings)

    def show(console: Console) -> None:
        _show(console, rows, sentences)
        console.print()
        after.show(console)

    failure = after.failure
    if failure is not None and after.exit_code == GatesBlocked.exit_code:
        failure += "\nthe re-rating is kept in the ledger, and the run that the gates let pass publishes it"
    return Answer({**after.data, **data}, show, after.exit_code, failure)


def _rows(outcome: RerateOutcome) -> list[dict[str, Any]]:
    return [
        {**asdict(change), "amount_difference": change.amount_after - change.amount_before}
        for change in outcome.rated.findings.changes
    ]


def _alerts(
    arguments: argparse.Namespace, context: Context, warn: Callable[[str], None]
) -> AbstractContextManager[None]:
    """A dry run is not a run: its result is shown to the person who typed it."""
    from orchestration.alerting.sending import alerts_around_run

    return nullcontext() if arguments.dry_run else alerts_around_run(context.settings, warn, context.was_stopped)


def _sentences(outcome: RerateOutcome, is_dry_run: bool) -> list[str]:
    """What to know beside the table, a sentence each."""
    from orchestration.rerating.rerate import listed_days

    rated = outcome.rated
    days = f"{rated.days[0]} to {rated.days[-1]}" if len(rated.days) > 1 else f"{rated.days[0]}"
    sentences = []
    if not (rated.findings.changes or rated.findings.adjustments):
        sentences.append(f"Nothing differs: every call of {days} has the published amount.")
    if rated.findings.lines:
        total = sum((line.amount for line in rated.findings.lines), Decimal(0))
        posted = "would be posted" if is_dry_run else "are posted"
        sentences.append(
            f"Adjustments of {total:.2f} for {len(rated.findings.lines)} lines of closed periods {posted} to {rated.adjusted_in}; "
            "the closed bills stay as they are."
        )
    if rated.standing_calls:
        sentences.append(
            f"{rated.standing_calls} calls of closed periods have no rate or no owner now: they stand as they were closed."
        )
    if is_dry_run:
        if rated.days_outside:
            outside = listed_days(rated.days_outside)
            sentences.append(f"The book changes open days outside these too, so it would be refused: {outside}.")
        sentences.append("Nothing was changed: this was a dry run.")
    elif outcome.rerating is not None:
        sentences.append(
            f"Re-rating {outcome.rerating.rerate_id} of {days} is kept in the ledger: {outcome.rerating.why}."
        )
        if outcome.is_other_book:
            sentences.append(
                f"From now on the book is {outcome.reference}: set TOLLHOUSE_REFERENCE to it, for the next run rates open days "
                "with the book that is set."
            )
    return sentences


def _show(console: Console, rows: list[dict[str, Any]], sentences: list[str]) -> None:
    if rows:
        shown = sorted(rows, key=lambda row: -abs(row["amount_difference"]))[:MOST_ROWS_SHOWN]
        columns = ["account", "zone", "unit", "period", "", "calls", "changed", "before", "after", "difference"]
        cells = [
            [
                row["account_id"],
                row["zone_id"],
                row["business_unit_id"],
                row["billing_period"],
                "closed" if row["is_period_closed"] else "open",
                row["calls_after"],
                row["calls_changed"],
                row["amount_before"],
                row["amount_after"],
                f"{row['amount_difference']:+}",
            ]
            for row in shown
        ]
        for is_closed in (False, True):
            of_kind = [row for row in rows if row["is_period_closed"] == is_closed]
            if of_kind:
                sums = [sum(row[name] for row in of_kind) for name in ("calls_after", "calls_changed")]
                amounts = [sum(row[name] for row in of_kind) for name in ("amount_before", "amount_after")]
                kind = "closed" if is_closed else "open"
                cells.append(["together", "", "", "", kind, *sums, *amounts, f"{amounts[1] - amounts[0]:+}"])
        print_table(console, columns, cells, figures=columns[5:])
        if len(rows) > len(shown):
            console.print(f"and {len(rows) - len(shown)} rows with smaller differences; --csv or --json gives them all")
        console.print()
    for sentence in sentences:
        console.print(sentence)


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    from orchestration.ledger.reratings import Change

    columns = [*Change.__dataclass_fields__, "amount_difference"]
    try:
        # With a byte-order mark, by which spreadsheets know that it is UTF-8.
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(
                {name: spreadsheet_text(value) if isinstance(value, str) else value for name, value in row.items()}
                for row in rows
            )
    except OSError as error:
        raise TollhouseError(f"{path}: the table cannot be written: {error.strerror}") from error
