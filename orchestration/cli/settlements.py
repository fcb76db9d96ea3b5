"""`tollhouse settlement`: the settlements of commission with their states, and the decisions on them."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, period
from orchestration.cli.progress import progress
from orchestration.cli.runs import run_answer
from orchestration.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.month_end.settlements import Decided

_LISTED = (
    "settlement_period",
    "state",
    "cut_off_on",
    "agents",
    "amount",
    "approved_by",
    "locked_by",
    "restated_amount",
)
_LINE = ("agent_id", "line_kind", "basis_amount", "rate", "amount")
_RESTATEMENT = (
    "restated_period", "agent_id", "line_kind", "locked_amount", "restated_before", "recalculated_amount", "amount", "reason",
)  # fmt: skip
_FIGURES = (
    "agents", "lines", "basis_amount", "rate", "amount", "locked_amount", "restated_before", "recalculated_amount",
    "restated_amount",
)  # fmt: skip


def add_commands(commands: Any) -> None:
    """Add settlement with list, show, approve and lock."""
    settlement = add_command(
        commands, "settlement", "settlements of commission: their states, approval and lock", _no_action
    )
    actions = settlement.add_subparsers(metavar="ACTION")
    add_command(actions, "list", "list the settlements with their states", _list)
    _on_period(actions, "show", "show the statements and lines of a settlement", _show)
    approve = _on_period(actions, "approve", "approve a settlement as it is calculated", _approve)
    approve.add_argument(
        "--edition", metavar="EDITION", help="the edition that you looked at; refused where its lines are others by now"
    )
    _on_period(actions, "lock", "lock an approved settlement: its lines never change again", _lock)


def _on_period(actions: Any, name: str, summary: str, command: Any) -> argparse.ArgumentParser:
    parser = add_command(actions, name, summary, command)
    parser.add_argument("period", type=period, metavar="YYYY-MM", help="the settlement's period")
    return parser


def _no_action(arguments: argparse.Namespace, context: Context) -> Answer:
    raise UsageError("name what to do; see `tollhouse settlement --help`")


def _list(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.month_end.settlements import edition_with_settlements, settlements

    edition = edition_with_settlements(context.settings)
    rows = settlements(edition)

    def show(console: Console) -> None:
        if not rows:
            console.print("No month has ended yet.")
            return
        print_table(console, _LISTED, [[row[name] for name in _LISTED] for row in rows], _FIGURES)

    return Answer({"edition": edition.edition, "as_of": edition.as_of, "settlements": rows}, show)


def _show(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.month_end.settlements import edition_with_settlements, rows_of, settlement

    edition = edition_with_settlements(context.settings)
    row = settlement(edition, arguments.period)
    lines = rows_of(edition, "commission_lines", arguments.period)
    restatements = rows_of(edition, "settlement_restatements", arguments.period)

    def show(console: Console) -> None:
        console.print(f"Settlement {arguments.period}, edition {edition.edition} (as of {edition.as_of})")
        for name, value in row.items():
            if value is not None:
                console.print(f"{name:<30}{value}")
        if lines:
            console.print()
            print_table(console, _LINE, [[line[name] for name in _LINE] for line in lines], _FIGURES)
        if restatements:
            console.print()
            print_table(console, _RESTATEMENT, [[one[name] for name in _RESTATEMENT] for one in restatements], _FIGURES)

    data = {"edition": edition.edition, "settlement": row, "lines": lines, "restatements": restatements}
    return Answer(data, show)


def _approve(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.alerting.sending import alerts_around_run
    from orchestration.month_end.settlements import approve

    with progress(context) as reporter, alerts_around_run(context.settings, reporter.warn, context.was_stopped):
        decided = approve(context.settings, arguments.period, seen_in=arguments.edition, reporter=reporter)
    return _decided(decided, "approved", reporter.warnings)


def _lock(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.alerting.sending import alerts_around_run
    from orchestration.month_end.settlements import lock

    with progress(context) as reporter, alerts_around_run(context.settings, reporter.warn, context.was_stopped):
        decided = lock(context.settings, arguments.period, reporter=reporter)
    return _decided(decided, "locked", reporter.warnings)


def _decided(decided: Decided, done: str, warnings: list[str]) -> Answer:
    answer = run_answer(decided.run, warnings)
    decision = decided.decision

    def show(console: Console) -> None:
        console.print(
            f"Settlement {decision.settlement_period} is {done} by {decision.decided_by}, as in edition {decision.edition}."
        )
        answer.show(console)

    return Answer({"decision": asdict(decision), **answer.data}, show, answer.exit_code, answer.failure)
