"""`tollhouse files`: the delivered files and their status, letting a file in, setting it aside
or trying it again. The ledger decides."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.branch_clock import shown_time
from orchestration.cli.context import Answer, Context, print_table, shown_code
from orchestration.cli.parsing import add_command, day, language_option, reason
from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.file_ledger import STATUSES, FileLedger
from orchestration.ledger.schema import OFFENDING_RECORDS_KEPT, Decision, FileEntry
from orchestration.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from dashboards.i18n import Translate

KINDS = ("cdr", "bank", "customers")


def add_commands(commands: Any) -> None:
    """Add files with show, release, reject and retry."""
    files = add_command(commands, "files", "list the delivered files with their status", _list)
    files.add_argument("--status", choices=STATUSES, help="only files of this status")
    files.add_argument("--kind", choices=KINDS, help="only files of this kind")
    files.add_argument("--switch", metavar="SWITCH_ID", help="only call files of this switch")
    files.add_argument("--from", type=day, dest="first_day", metavar="DATE", help="only files dated from this day on")
    files.add_argument("--to", type=day, dest="last_day", metavar="DATE", help="only files dated up to this day")
    language_option(files)
    actions = files.add_subparsers(metavar="ACTION")
    show = add_command(actions, "show", "all that is known of one file, with its history", _show)
    show.add_argument("file_id", metavar="FILE_ID", help="its id, or the beginning of it")
    language_option(show)
    release = add_command(
        actions,
        "release",
        "let in a file that was held, or rejected as a repeat; what cannot be read cannot be let in",
        _release,
    )
    release.add_argument("file_id", metavar="FILE_ID", help="its id, or the beginning of it")
    release.add_argument(
        "--accept-totals",
        action="store_true",
        help="of a bank file whose totals disagree with its lines: let its lines count; debit_batches shows the difference",
    )
    release.add_argument("--why", type=reason, required=True, metavar="TEXT", help="kept with the decision")
    reject = add_command(
        actions, "reject", "set a file aside: it counts no longer; release or retry brings it back", _reject
    )
    reject.add_argument("file_id", metavar="FILE_ID", help="its id, or the beginning of it")
    reject.add_argument("--why", type=reason, required=True, metavar="TEXT", help="kept with the decision")
    retry = add_command(
        actions, "retry", "decode and check a held or unreadable file again, after its cause is fixed", _retry
    )
    retry.add_argument("file_id", metavar="FILE_ID", help="its id, or the beginning of it")
    retry.add_argument("--why", type=reason, required=True, metavar="TEXT", help="kept with the decision")


# Heading of the table → the fact under it; --json has all the facts.
_LISTED = {
    "id": "file_id",
    "name": "file_name",
    "source": "source",
    "kind": "file_kind",
    "date": "file_date",
    "status": "status",
    "records": "records",
    "reason": "reason",
}


def file_facts(entry: FileEntry) -> dict[str, Any]:
    """A file as the list shows it."""
    return {
        "file_id": entry.file_id,
        "file_name": entry.file_name,
        "source": entry.source,
        "file_kind": entry.file_kind,
        "switch_id": entry.switch_id,
        "file_date": entry.file_date,
        "sequence_number": entry.sequence_number,
        "size_bytes": entry.size_bytes,
        "sha256": entry.sha256,
        "first_seen_at": entry.first_seen_at,
        "status": entry.status,
        "records": entry.read_records if entry.file_kind == "cdr" else entry.data_rows,
        "reason": entry.status_reason,
    }


def print_files(console: Console, facts: list[dict[str, Any]], texts: Translate) -> None:
    """The list as a table."""
    heads = [texts(f"command_line.files.{name}") for name in _LISTED]
    rows = [[_shown(texts, name, fact[name]) for name in _LISTED.values()] for fact in facts]
    print_table(console, heads, rows, figures=[texts("command_line.files.records")])


def _shown(texts: Translate, name: str, value: Any) -> Any:
    """A value of a file's facts: codes and reasons in the language of the call."""
    from dashboards.i18n.sentences import sentence

    if value is None or texts.language == "en":
        return value
    if name in ("status", "file_kind"):
        return shown_code(texts, "file_status" if name == "status" else name, value)
    return (
        sentence(texts.language, value) if name in ("reason", "status_reason", "content_fault", "ctl_fault") else value
    )


@contextmanager
def ledger_to_read(settings: Settings) -> Iterator[FileLedger]:
    """The ledger as it is, also while a run works. Raises TollhouseError where it is missing or damaged."""
    try:
        with FileLedger(settings.ledger_path, read_only=True) as ledger:
            yield ledger
    except sqlite3.DatabaseError as error:
        raise TollhouseError(
            f"{settings.ledger_path}: the file ledger cannot be read: {error}; see `tollhouse doctor`"
        ) from error


@contextmanager
def ledger_for_decisions(settings: Settings) -> Iterator[FileLedger]:
    """The ledger, to be written to between runs and never in the middle of one."""
    from orchestration.runtime.run_lock import run_lock

    with ledger_to_read(settings):
        pass  # it exists and is sound: to open it for writing would create one
    with run_lock(settings), FileLedger(settings.ledger_path) as ledger:
        yield ledger


def _list(arguments: argparse.Namespace, context: Context) -> Answer:
    first, last = arguments.first_day, arguments.last_day
    if first and last and first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    with ledger_to_read(context.settings) as ledger:
        entries = ledger.files(arguments.kind)
    facts = [
        file_facts(entry)
        for entry in entries
        if arguments.status in (None, entry.status)
        and arguments.switch in (None, entry.switch_id)
        and (first is None or (entry.file_date is not None and entry.file_date >= first))
        and (last is None or (entry.file_date is not None and entry.file_date <= last))
    ]

    def show(console: Console) -> None:
        t = context.texts
        if facts:
            print_files(console, facts, t)
        console.print(t(f"command_line.files.{'count_one' if len(facts) == 1 else 'count'}", count=f"{len(facts)}"))

    return Answer({"files": facts}, show)


def _show(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.ingestion.file_reading.malformed_rows import first_set_aside, ignored_reasons
    from orchestration.ingestion.landed.landed_packing import landed_path

    with ledger_to_read(context.settings) as ledger:
        entry = ledger.file(arguments.file_id)
        events = ledger.events(entry.file_id)
        decisions = [decision for decision in ledger.decisions() if decision.file_id == entry.file_id]
        days = [day for day in ledger.call_days() if day.file_id == entry.file_id]
    bad_lines = first_set_aside(context.settings.raw, entry.file_id, OFFENDING_RECORDS_KEPT)
    ignored = ignored_reasons(context.settings.raw, entry.file_id) if entry.ignored_records else []
    columns = asdict(entry) | {"landing_path": landed_path(context.settings.home, entry)}
    held_for = columns.pop("offending_records")
    data = {
        "file": columns,
        "call_days": [
            {"call_date": day.call_date, "records": day.records, "other_day_records": day.other_day_records}
            for day in days
        ],
        "held_for": held_for,
        "first_bad_lines": [asdict(line) for line in bad_lines],
        "ignored_reasons": [{"reason": reason, "records": records} for reason, records in ignored],
        "history": [{name: value for name, value in asdict(event).items() if name != "file_id"} for event in events],
        "decisions": [asdict(decision) for decision in decisions],
    }

    def show(console: Console) -> None:
        from dashboards.i18n.sentences import sentence

        t = context.texts

        def heads(*names: str) -> list[str]:
            return [t(f"command_line.files.{name}") for name in names]

        def said(text: str | None) -> str | None:
            return None if text is None else sentence(t.language, text)

        known = []
        for name, value in columns.items():
            if value is not None:
                is_time = name.endswith("_at")
                shown = shown_time(value, context.settings.time_zone) if is_time else _shown(t, name, value)
                known.append((t(f"command_line.file_fact.{name}"), shown))
        print_table(console, heads("column", "value"), known)
        if days:
            console.print()
            figures = heads("records", "other_day")
            by_day = [(day.call_date, day.records, day.other_day_records) for day in days]
            print_table(console, [*heads("call_date"), *figures], by_day, figures)
        if ignored:
            console.print()
            rows = [(said(reason), records) for reason, records in ignored]
            print_table(console, heads("ignored_because", "records"), rows, heads("records"))
        if bad_lines:
            console.print()
            bad = [(line.line_number, line.field, said(line.reason), line.record_text) for line in bad_lines]
            print_table(console, heads("bad_line", "field", "reason", "text"), bad, heads("bad_line"))
        console.print()
        history: list[tuple[str | None, ...]] = []
        for event in events:
            at = shown_time(event.at, context.settings.time_zone)
            history.append((at, shown_code(t, "file_event", event.event), event.run_id, said(event.detail)))
            history += [(None, None, None, said(record.text)) for record in event.offending_records]
        print_table(console, heads("at", "event", "run", "detail"), history)
        if decisions:
            console.print()
            made = [
                (
                    shown_time(one.decided_at, context.settings.time_zone),
                    shown_code(t, "file_event", one.kind),
                    one.decided_by,
                    one.why,
                )
                for one in decisions
            ]
            print_table(console, heads("decided_at", "decision", "by", "why"), made)

    return Answer(data, show)


def _release(arguments: argparse.Namespace, context: Context) -> Answer:
    with ledger_for_decisions(context.settings) as ledger:
        decision = ledger.release_file(arguments.file_id, arguments.why, arguments.accept_totals)
        return _decided(ledger, decision, "is released: {why}. The next `tollhouse run` takes it in.")


def _reject(arguments: argparse.Namespace, context: Context) -> Answer:
    with ledger_for_decisions(context.settings) as ledger:
        decision = ledger.reject_file(arguments.file_id, arguments.why)
        return _decided(
            ledger,
            decision,
            "is rejected: {why}. The next `tollhouse run` computes without it; `tollhouse files release` brings it back.",
        )


def _retry(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.ingestion.landing.pulling import retry

    with ledger_for_decisions(context.settings) as ledger:
        decision = retry(context.settings, ledger, arguments.file_id, arguments.why)
        return _decided(
            ledger, decision, "will be tried again: {why}. The next `tollhouse run` decodes and checks it again."
        )


def _decided(ledger: FileLedger, decision: Decision, then: str) -> Answer:
    """What was decided of a file, and what the next run makes of it."""
    assert decision.file_id is not None
    entry = ledger.file(decision.file_id)
    message = f"{entry.file_name} ({entry.file_id}) {then.format(why=decision.why)}"
    data = {"file": file_facts(entry), "decision": asdict(decision), "message": message}
    return Answer(data, lambda console: console.print(message))
