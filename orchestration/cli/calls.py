"""`tollhouse calls release`: accepting a file's calls of another day. The ledger decides."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from orchestration.cli.context import Answer, Context
from orchestration.cli.files import file_facts, ledger_for_decisions
from orchestration.cli.parsing import add_command, reason
from orchestration.errors import UsageError


def add_commands(commands: Any) -> None:
    """Add calls with release."""
    calls = add_command(commands, "calls", "decide on call records that were set aside", _no_action)
    actions = calls.add_subparsers(metavar="ACTION")
    release = add_command(actions, "release", "accept a file's calls of another day", _release)
    release.add_argument("file_id", metavar="FILE_ID", help="the file's id, or the beginning of it")
    release.add_argument("--why", type=reason, required=True, metavar="TEXT", help="kept with the decision")


def _no_action(arguments: argparse.Namespace, context: Context) -> Answer:
    raise UsageError("name what to do with the calls; see `tollhouse calls --help`")


def _release(arguments: argparse.Namespace, context: Context) -> Answer:
    with ledger_for_decisions(context.settings) as ledger:
        decision = ledger.release_calls(arguments.file_id, arguments.why)
        assert decision.file_id is not None
        entry = ledger.file(decision.file_id)
        records = sum(day.other_day_records for day in ledger.call_days() if day.file_id == entry.file_id)
    message = (
        f"{records} calls of another day in {entry.file_name} ({entry.file_id}) are released: {decision.why}. "
        "The next `tollhouse run` takes them in."
    )
    data = {"file": file_facts(entry), "released_calls": records, "decision": asdict(decision), "message": message}
    return Answer(data, lambda console: console.print(message))
