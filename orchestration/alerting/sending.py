"""Find what people must be alerted to, and send it. Commands and Dagster's sensors call this code.

Whatever goes wrong here costs a run nothing but a warning and a bounded wait.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from orchestration.alerting.delivery import deliver
from orchestration.alerting.messages import compose
from orchestration.alerting.occasions import TEST, Occasion, find_occasions, run_failed
from orchestration.alerting.outbox import Outbox, set_damaged_aside, sole_sender
from orchestration.errors import GatesBlocked, TollhouseError
from orchestration.runtime.run_record import load_record, note_end, one_line_of
from orchestration.settings import Settings


def send_alerts(settings: Settings, known: Sequence[Occasion] = (), *, pausing: bool = False) -> list[str]:
    """Send the alerts that are new, and those that could not be sent before; returns what went wrong, in sentences.

    `known` are occasions that neither record nor ledger shows. With `pausing` a message that could not be sent waits for its
    time, later after each try (a sensor asks every minute); else it is tried at once.
    """
    if not settings.alerts.channels:
        return []
    faults: list[str] = []
    now = datetime.now(UTC)
    try:
        with _open_outbox(settings, now, faults) as outbox:
            outbox.queue([*known, *_found(settings, outbox, now, faults)], now)
            outbox.forget_channels_but(settings.alerts.channels)
            with sole_sender(settings) as may_send:
                if may_send:
                    faults += _send_waiting(settings, outbox, now if pausing else None)
    except (OSError, sqlite3.Error) as error:
        faults.append(f"alerts could not be kept in {settings.home}: {error}")
    return faults


def send_test(settings: Settings) -> dict[str, str | None]:
    """Send a test message by every channel that is set: per channel what went wrong, None where nothing did."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    message = compose(settings, TEST, [Occasion(TEST, TEST, now)], f"test-{uuid.uuid4().hex}")
    found: dict[str, str | None] = {}
    for channel in settings.alerts.channels:
        try:
            deliver(channel, settings.alerts, message)
            found[channel] = None
        except TollhouseError as error:
            found[channel] = str(error)
    return found


@contextmanager
def alerts_around_run(
    settings: Settings, warn: Callable[[str], None], was_stopped: Callable[[], bool]
) -> Iterator[None]:
    """Around the run of a command: alerts before it that the last run was killed, and after it to its result.

    A run that a person stopped gives no alert. `warn` receives what could not be sent.
    """
    if not settings.alerts.channels:
        yield
        return
    begun_at = datetime.now(UTC).isoformat(timespec="seconds")
    run_before = _run_id(settings)
    _warn(warn, send_alerts(settings, pausing=True))  # the record of a run that was killed is replaced by the next
    try:
        yield
    except GatesBlocked:
        _warn(warn, send_alerts(settings))
        raise
    except Exception as error:
        if was_stopped():
            raise
        run_id = _run_id(settings)
        known = []
        if run_id is None or run_id == run_before:  # it failed before it began, for example in the reference book
            words = str(error) if isinstance(error, TollhouseError) else one_line_of(error)
            known = [run_failed(uuid.uuid4().hex, begun_at, words)]
        else:
            note_end(settings, run_id, "failed", one_line_of(error))
        _warn(warn, send_alerts(settings, known))
        raise
    _warn(warn, send_alerts(settings))


def _found(settings: Settings, outbox: Outbox, now: datetime, faults: list[str]) -> list[Occasion]:
    try:
        return find_occasions(settings, outbox.watching_since, now)
    except (TollhouseError, OSError, ValueError, sqlite3.Error) as error:
        faults.append(
            f"it is not known what to alert to: {error}"
        )  # the run fails with the same error, and that gives an alert
        return []


def _send_waiting(settings: Settings, outbox: Outbox, due_by: datetime | None) -> list[str]:
    faults = []
    given_up: set[str] = set()  # one wait for each server that does not answer, not one for each message
    for waiting in outbox.waiting(due_by):
        if waiting.channel in given_up:
            continue
        try:
            deliver(waiting.channel, settings.alerts, waiting.message)
        except TollhouseError as error:
            given_up.add(waiting.channel)
            again = outbox.failed(waiting, str(error), datetime.now(UTC))
            outlook = "it is tried again later" if again else "it was tried for a week and is given up"
            faults.append(f"the alert '{waiting.message.subject}' could not be sent: {error}; {outlook}")
        else:
            outbox.done(waiting)
    return faults


@contextmanager
def _open_outbox(settings: Settings, now: datetime, faults: list[str]) -> Iterator[Outbox]:
    try:
        outbox = Outbox(settings, now)
    except sqlite3.OperationalError:  # locked or not writable: nothing is damaged
        raise
    except sqlite3.DatabaseError as error:
        aside = set_damaged_aside(settings)
        faults.append(f"the list of alerts was damaged ({error}) and is now {aside}; some are sent a second time")
        outbox = Outbox(settings, now)
    with outbox:
        yield outbox


def _run_id(settings: Settings) -> str | None:
    try:
        record = load_record(settings)
    except (TollhouseError, OSError, ValueError, TypeError):  # the run itself reports it
        return None
    return None if record is None else record.run_id


def _warn(warn: Callable[[str], None], faults: Sequence[str]) -> None:
    for fault in faults:
        warn(fault)
