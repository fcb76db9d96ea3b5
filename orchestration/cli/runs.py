"""`tollhouse run`, and the display of a run's outcome. The run is in orchestration.runs."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, day
from orchestration.cli.progress import progress
from orchestration.errors import GatesBlocked

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.runs import RunOutcome


def add_commands(commands: Any) -> None:
    """Add run."""
    run = add_command(commands, "run", "pull, load, gate, build, check and publish what the sources hold", _run)
    run.add_argument(
        "--as-of", type=day, metavar="DATE", help="the date to stand for (default: the newest date of the files)"
    )


def run_answer(outcome: RunOutcome, warnings: list[str]) -> Answer:
    """The answer to a command that ended with a run."""
    site = None if outcome.edition_path is None else outcome.edition_path / "site" / "index.html"
    data = {**asdict(outcome), "steps": [{"step": name, "seconds": seconds} for name, seconds in outcome.steps]}
    data |= {"site": site, "warnings": warnings}
    if outcome.status == "blocked":
        return Answer(data, lambda _: None, exit_code=GatesBlocked.exit_code, failure=_blocked(outcome))

    def show(console: Console) -> None:
        if outcome.status == "published":
            console.print(f"Edition {outcome.edition} is published, as of {outcome.as_of}.")
        else:
            console.print(f"Nothing new: edition {outcome.edition} (as of {outcome.as_of}) stays the current one.")
        if outcome.figures:
            console.print()
            print_table(console, ["figure", "value"], list(outcome.figures.items()), figures=["value"])
        if outcome.status == "published" and outcome.steps:
            console.print()
            print_table(console, ["step", "seconds"], _step_rows(outcome), figures=["seconds"])
        if outcome.edition_path is not None:
            console.print()
            console.print(f"dashboards  {site}")
            console.print(f"edition     {outcome.edition_path}")

    return Answer(data, show)


def _run(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.alerting.sending import alerts_around_run
    from orchestration.reference_book.reading import read_reference_book
    from orchestration.runs import run_once

    with progress(context) as reporter, alerts_around_run(context.settings, reporter.warn, context.was_stopped):
        unfilled = read_reference_book(context.settings.reference).unfilled_fault
        if unfilled is not None:
            reporter.warn(f"{unfilled}; fill them in and run again")
        outcome = run_once(context.settings, as_of=arguments.as_of, reporter=reporter)
    return run_answer(outcome, reporter.warnings)


def _step_rows(outcome: RunOutcome) -> list[tuple[str, str]]:
    rows = [(name, f"{seconds:.1f}") for name, seconds in outcome.steps]
    return [*rows, ("together", f"{sum(seconds for _, seconds in outcome.steps):.1f}")]


def _blocked(outcome: RunOutcome) -> str:
    stays = f"edition {outcome.edition} stays the current one" if outcome.edition else "no edition is published yet"
    lines = [f"the release gates blocked the edition; {stays}", *(f"  {problem}" for problem in outcome.problems)]
    if outcome.blocked_path is not None:
        lines.append(f"what they found is in {outcome.blocked_path}")
    return "\n".join(lines)
