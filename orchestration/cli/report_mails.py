"""`tollhouse mails`: pages of the site by e-mail, as report_mails.yml declares them. The sending is in orchestration.report_mails."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, path
from orchestration.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.report_mails.sending import Outcome


def add_commands(commands: Any) -> None:
    """Add mails with list and send."""
    mails = add_command(commands, "mails", "send pages of the site by e-mail on their days", _no_action)
    actions = mails.add_subparsers(metavar="ACTION")
    add_command(actions, "list", "list the declared mails with the days on which they were sent last", _list)
    send = add_command(actions, "send", "send the mails that are due, or those that are named", _send)
    send.add_argument("names", nargs="*", metavar="NAME", help="send this mail now, whatever day it is")
    send.add_argument(
        "--dry-run",
        type=path,
        metavar="DIR",
        help="send nothing: write each mail with its files to a folder of this one",
    )


def _no_action(arguments: argparse.Namespace, context: Context) -> Answer:
    raise UsageError("name what to do; see `tollhouse mails --help`")


def _list(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.report_mails.declaration import MAILS_FILE, load_report_mails
    from orchestration.report_mails.sending import sent_until_now

    mails, sent = load_report_mails(context.settings.home), sent_until_now(context.settings)
    rows = [
        {
            "name": mail.name,
            "page": mail.page,
            "role": mail.role,
            "scope": [*mail.units, *mail.outlets, *mail.agents],
            "language": mail.language,
            "day": str(mail.day),
            "time": mail.time,
            "to": receiver,
            "last_sent_for": sent.get(mail.name, {}).get(receiver),
        }
        for mail in mails
        for receiver in mail.to
    ]

    def show(console: Console) -> None:
        if not rows:
            console.print(f"no mail is declared: {context.settings.home / MAILS_FILE} is not there or has none")
            return
        cells = [[", ".join(v) if isinstance(v, list) else v or "-" for v in row.values()] for row in rows]
        print_table(console, list(rows[0]), cells)

    return Answer({"mails": rows}, show)


def _send(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.report_mails.sending import send_due_mails, send_named_mails, write_mails

    settings, names = context.settings, arguments.names
    if arguments.dry_run is not None:
        outcomes = write_mails(settings, names, arguments.dry_run.expanduser().absolute())
    elif names:
        outcomes = send_named_mails(settings, names)
    else:
        outcomes = send_due_mails(settings)
    faults = [f"mail {each.name} to {each.receiver}: {each.fault}" for each in outcomes if each.fault is not None]
    data = {
        "mails": [
            {"name": each.name, "to": each.receiver, "fault": each.fault, "files": list(each.files)}
            for each in outcomes
        ]
    }

    def show(console: Console) -> None:
        if not outcomes:
            console.print("no mail is due")
        for each in outcomes:
            if each.fault is None:
                console.print(_done(each))

    return Answer(data, show, 1 if faults else 0, "\n".join(faults) or None)


def _done(outcome: Outcome) -> str:
    if outcome.files:
        return f"{outcome.name} to {outcome.receiver}: written to {outcome.files[0].parent}, not sent"
    return f"{outcome.name} to {outcome.receiver}: sent"
