"""`tollhouse alert`: whether alerts arrive, and telling at once what there is to tell. How is in orchestration.alerting."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context
from orchestration.cli.parsing import add_command
from orchestration.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


def add_commands(commands: Any) -> None:
    """Add alert with test and send."""
    alert = add_command(commands, "alert", "tell people by e-mail or webhook what needs them", _no_action)
    actions = alert.add_subparsers(metavar="ACTION")
    add_command(actions, "test", "send a test message to every address that is set", _test)
    add_command(actions, "send", "tell what was not told yet, and what could not be sent before", _send)


def _no_action(arguments: argparse.Namespace, context: Context) -> Answer:
    raise UsageError("say what to do; see `tollhouse alert --help`")


def _test(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.alerting.sending import send_test

    _channels(context)
    found = send_test(context.settings)
    faults = [fault for fault in found.values() if fault is not None]

    def show(console: Console) -> None:
        for channel, fault in found.items():
            console.print(f"{channel:8}  {'taken' if fault is None else 'NOT SENT'}")

    failure = f"the test could not be sent: {'; '.join(faults)}" if faults else None
    return Answer({"channels": found}, show, 1 if faults else 0, failure)


def _send(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.alerting.sending import send_alerts

    channels = _channels(context)
    faults = send_alerts(context.settings)
    told = f"Everything there is to tell is sent by {' and '.join(channels)}."
    return Answer(
        {"channels": channels, "faults": faults},
        lambda console: None if faults else console.print(told),
        1 if faults else 0,
        "\n".join(faults) or None,
    )


def _channels(context: Context) -> tuple[str, ...]:
    channels = context.settings.alerts.channels
    if not channels:
        raise UsageError(
            "no alerts are set: set TOLLHOUSE_ALERT_WEBHOOK, or TOLLHOUSE_ALERT_EMAIL_TO with TOLLHOUSE_ALERT_EMAIL_FROM and "
            "TOLLHOUSE_ALERT_SMTP"
        )
    return channels
