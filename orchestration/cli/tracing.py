"""`tollhouse trace`: from a commission line to bills, calls and files, and back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.tracing.trail import Step

_SHOWN_ROWS = 50
_KINDS = ("commission", "bill", "payment", "call", "file")
_FIGURES = (
    "amount", "basis_amount", "rate", "calls", "calls_amount", "bill_amount", "seconds", "accounts", "duration_seconds",
    "record_number", "numbers", "tier_from_rate", "estimated_amount", "records", "total_amount", "success_records",
    "success_amount",
)  # fmt: skip


def add_commands(commands: Any) -> None:
    """Add trace."""
    parser = add_command(commands, "trace", "what a figure is made of, and what is made of it", _trace)
    parser.add_argument("kind", choices=_KINDS, help="what to trace")
    parser.add_argument(
        "id",
        metavar="ID",
        help="AGENT/YYYY-MM[/KIND] of a commission line, ACCOUNT/YYYY-MM of a bill, the id of a payment or call, the id or name of a file",
    )
    parser.add_argument(
        "--sql", action="store_true", help="print the queries too: they run over the edition's Parquet files"
    )
    parser.add_argument(
        "--all", action="store_true", help=f"print all rows; by default the first {_SHOWN_ROWS} of each table"
    )


def _trace(arguments: argparse.Namespace, context: Context) -> Answer:
    from dashboards.view import View
    from orchestration.access.roles import WHOLE_BRANCH
    from orchestration.tracing.trail import trace

    with View.current(context.settings.published, WHOLE_BRANCH) as view:
        steps = trace(view, arguments.kind, arguments.id)
        edition, as_of = view.name, view.as_of

    def show(console: Console) -> None:
        console.print(f"{arguments.kind} {arguments.id}, edition {edition} (as of {as_of})")
        for step in steps:
            console.print()
            _print_step(console, step, has_sql=arguments.sql, has_all=arguments.all)

    data = {
        "kind": arguments.kind,
        "id": arguments.id,
        "edition": edition,
        "as_of": as_of,
        "steps": [{"name": one.name, "rows": one.rows, "sql": one.sql, "parameters": one.parameters} for one in steps],
    }
    return Answer(data, show)


def _print_step(console: Console, step: Step, *, has_sql: bool, has_all: bool) -> None:
    shown = step.rows if has_all else step.rows[:_SHOWN_ROWS]
    console.print(f"{step.name}: {len(step.rows)} rows")
    if has_sql:
        console.print(step.sql.rstrip())
        console.print(", ".join(f"${name} = {value}" for name, value in step.parameters.items()))
    if len(shown) == 1 and len(step.columns) > 13:
        print_table(console, ["column", "value"], list(shown[0].items()))
    elif shown:
        print_table(console, step.columns, [list(row.values()) for row in shown], _FIGURES)
    if len(shown) < len(step.rows):
        console.print(f"… {len(step.rows) - len(shown)} more: --all")
