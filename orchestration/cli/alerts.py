"""`tollhouse alert`: a test whether alerts arrive, and sending all alerts at once. The sending is in orchestration.alerting."""

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
    alert = add_command(commands, "alert", "alert people by e-mail or webhook", _no_action)
    actions = alert.add_subparsers(metavar="ACTION")
    add_command(actions, "test", "send a test message to every address that is set", _test)
    add_command(actions, "send", "send new alerts, and those that could not be sent before", _send)


def _no_action(arguments: argparse.Namespace, context: Context) -> Answer:
    raise UsageError("name what to do; see `tollhouse alert --help`")


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
    message = f"All alerts are sent by {' and '.join(channels)}."
    return Answer(
        {"channels": channels, "faults": faults},
        lambda console: None if faults else console.print(message),
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
