"""The file ledger: every delivered file with its status, and the decisions of people, in one SQLite file.

It has nothing about single call records. Its history (file_events, decisions) only grows; readers may look while a run works.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, astuple, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from orchestration.errors import TollhouseError
from orchestration.ledger.schema import (
    GUARDS,
    KEPT_FILES,
    MIGRATIONS,
    NOT_EVEN_ITS_HEADER,
    OFFENDING_RECORDS_KEPT,
    PUBLISHED_EDITIONS,
    PUBLISHERS,
    SCHEMA,
    SCHEMA_VERSION,
    Decision,
    DecodedFile,
    FileCallDay,
    FileEntry,
    FileEvent,
    FrozenFile,
    NewFile,
    OffendingRecord,
    RawPart,
)
from orchestration.ledger.soundness import damaged_ledger, is_damage, refuse_lost_ledger, unsealed

STATUSES = ("registered", "loaded", "held", "rejected")
# The beginnings of the reasons for which a rejected file can be tried again: the cause is a format, sources.yml or our code.
UNREADABLE = "unreadable: "
# The beginnings of the reasons for which a file was rejected unread, or as a duplicate: a person may know better.
SAME_NAME = "same name with other content as "
SAME_CONTENT = "same content as "
WRONG_NAME = "name not of its source's pattern"
# How the reason begins of a file that a person has rejected.
BY_A_PERSON = "rejected by a person: "
# The decision that a file's date is right, though it is far from the others.
ACCEPT_DATE = "accept_date"
# The decisions on billing periods; of a period the newest of the first two counts. The third names in its reason a re-rating whose
# adjustments of the period count no longer.
CLOSE_PERIOD, REOPEN_PERIOD, WITHDRAW_ADJUSTMENTS = "close_period", "reopen_period", "withdraw_adjustments"
# What a file did at which a process was found to have ended.
PROCESS_ENDED = "ended the process"
# A file may have a fault in each of its lines; a list too long to read is not kept.
_LONGEST_REASON = 4_000
_NEW_COLUMNS = [f.name for f in fields(NewFile)]
# What is learnt from a file's name and bytes by the formats and sources of the day. A retry learns it again; what a companion
# declares is kept, and what the file is (its id, source, bytes) never changes.
_LEARNT_COLUMNS = (
    "format", "content_sha256", "content_lines", "content_delimiters", "switch_id", "file_date", "sequence_number",
    "bank_code", "batch_in_name", "export_table", "content_encoding",
)  # fmt: skip
_ENTRY_COLUMNS = [f.name for f in fields(FileEntry)]


class FileLedger:
    """The ledger at a path. Every method is one transaction, or part of the one that `transaction()` holds."""

    def __init__(self, path: Path, read_only: bool = False, run_id: str | None = None) -> None:
        """Open the ledger, making it where no run ever was. Raises TollhouseError where it is lost or damaged, and read-only
        where there is none.

        `run_id` names the run that opens it: it stands with every event that is kept.
        """
        self.path = path
        self.run_id = run_id
        refuse_lost_ledger(path)
        with ExitStack() as stack:
            if read_only:
                if not path.is_file():
                    raise TollhouseError(f"{path}: there is no file ledger yet; `tollhouse run` makes it")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(unsealed(path))
            try:
                self._open(read_only)
            except sqlite3.DatabaseError as error:
                if is_damage(error):
                    raise damaged_ledger(path, error) from error
                raise
            self._at_end = stack.pop_all()
        self._db.row_factory = sqlite3.Row
        self._in_transaction = False
        self._entries: list[FileEntry] = []
        self._entries_state: tuple[int, int] | None = None  # of the database, when they were read

    def _open(self, read_only: bool) -> None:
        if read_only:
            self._db = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30
            )
        else:
            # Dagster may call from another thread than the one that opened; a run uses it from one at a time.
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.execute("pragma foreign_keys = on")
            if self._db.execute("select count(*) from sqlite_master").fetchone()[0] == 0:
                self._db.executescript(
                    f"begin immediate; {SCHEMA} {GUARDS} {KEPT_FILES} {PUBLISHED_EDITIONS} {PUBLISHERS} "
                    f"pragma user_version = {SCHEMA_VERSION}; commit;"
                )
        self._check_version(read_only)

    def _check_version(self, read_only: bool) -> None:
        version = self._db.execute("pragma user_version").fetchone()[0]
        while version in MIGRATIONS and not read_only:
            self._db.executescript(
                f"begin immediate; {MIGRATIONS[version]} pragma user_version = {version + 1}; commit;"
            )
            version += 1
        if version == SCHEMA_VERSION:
            return
        fault = f"{self.path}: the file ledger is of schema version {version}, this tollhouse reads {SCHEMA_VERSION}; "
        self._db.close()
        if version in MIGRATIONS:
            raise TollhouseError(fault + "the next `tollhouse run` brings it up to that, and nothing in it is lost")
        raise TollhouseError(fault + "use the tollhouse that made it, or another TOLLHOUSE_HOME")

    def close(self) -> None:
        """Close the ledger's file, and seal what was opened for writing."""
        self._db.close()
        self._at_end.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything within is kept together or not at all; may be nested."""
        if self._in_transaction:
            yield
            return
        self._db.execute("begin immediate")
        self._in_transaction = True
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            self._entries_state = None  # it may be of what was rolled back
            raise
        else:
            self._db.execute("commit")
        finally:
            self._in_transaction = False

    # --- files -----------------------------------------------------------------------------------------------------

    def register(self, new: NewFile, fault: str | None = None) -> tuple[FileEntry, bool]:
        """Register a delivered file; returns its entry and whether it is new. The same delivery twice is one file.

        `fault` rejects it at once; so does an earlier file of the source with the same name (packing apart), other
        content and no rejection of its own.
        """
        with self.transaction():
            known = self._find(new.file_id)
            if known is not None:
                return known, False
            if fault is None:
                fault = self._same_name_fault(new)
            values = [_stored(getattr(new, column)) for column in _NEW_COLUMNS]
            self._db.execute(
                f"insert into files ({', '.join(_NEW_COLUMNS)}, seen_order, first_seen_at, status) "
                f"values ({', '.join('?' * len(_NEW_COLUMNS))}, ?, ?, 'registered')",
                [*values, self._next_order(), _now()],
            )
            self._event(new.file_id, "registered", f"{new.size_bytes} bytes from {new.source}")
            if fault is not None:
                self.set_status(new.file_id, "rejected", fault)
            return self.file(new.file_id), True

    def set_status(
        self, file_id: str, status: str, reason: str | None, records: Sequence[OffendingRecord] = ()
    ) -> None:
        """Set the status of a file, with the first of the records that it is held or rejected for.

        A loaded file keeps the order it has, else counts by its seen_order. The change is an event of its history.
        """
        if status not in STATUSES:
            raise ValueError(f"'{status}' is not one of {', '.join(STATUSES)}")
        records = tuple(records[:OFFENDING_RECORDS_KEPT])
        if reason is not None and len(reason) > _LONGEST_REASON:
            reason = f"{reason[:_LONGEST_REASON]} … ({len(reason)} characters)"
        with self.transaction():
            before = self.file(file_id)
            if (before.status, before.status_reason, before.offending_records) == (status, reason, records):
                return
            # A file that a person let in counts from that decision on, whatever its verdict is.
            order = (before.effective_order or before.seen_order) if status == "loaded" else None
            if status == "registered" and before.status != "loaded":
                order = before.effective_order
            self._db.execute(
                "update files set status = ?, status_reason = ?, effective_order = ?, offending_records = ? where file_id = ?",
                [status, reason, order, _as_json(records), before.file_id],
            )
            if status == "rejected":
                # SPEC 4: a rejected file is not read, so its counts are 0.
                self._db.execute(
                    "update files set read_records = 0, malformed_records = 0, ignored_records = 0, read_seconds = 0, data_rows = 0, "
                    "set_aside_rows = 0 where file_id = ?",
                    [before.file_id],
                )
                self._db.execute("delete from file_call_days where file_id = ?", [before.file_id])
            self._event(before.file_id, status, reason, records)

    def begin_decode(self, file_ids: Sequence[str]) -> None:
        """Forget what an earlier decode of these files found to be in the raw zone: from now on it is written again. What a
        kill leaves of it is decoded again."""
        with self.transaction():
            self._db.executemany(
                "update files set decoded_with = null where file_id = ? and decoded_with is not null",
                [[file_id] for file_id in file_ids],
            )
            self._db.executemany("delete from raw_parts where file_id = ?", [[file_id] for file_id in file_ids])

    def record_raw_parts(self, file_ids: Sequence[str], parts: Sequence[RawPart]) -> None:
        """Keep which Parquet files of the raw zone hold the content of these files; replaces what was kept."""
        with self.transaction():
            self._db.executemany("delete from raw_parts where file_id = ?", [[file_id] for file_id in file_ids])
            self._db.executemany("insert into raw_parts values (?, ?, ?, ?, ?, ?)", [astuple(part) for part in parts])

    def raw_parts(self) -> dict[str, list[RawPart]]:
        """Per file the Parquet files of the raw zone that its last decode wrote; files decoded by an earlier version have none."""
        parts: dict[str, list[RawPart]] = {}
        for row in self._db.execute("select * from raw_parts order by file_id, folder"):
            parts.setdefault(row["file_id"], []).append(RawPart(*row))
        return parts

    def record_decode(self, decoded: DecodedFile) -> None:
        """Keep what a decoder found in a file."""
        with self.transaction():
            entry = self.file(decoded.file_id)
            self._db.execute(
                "update files set read_records = ?, malformed_records = ?, ignored_records = ?, read_seconds = ?, data_rows = ?, "
                "set_aside_rows = ?, decoded_with = ?, told_records = ?, told_fault = ? where file_id = ?",
                [
                    decoded.read_records,
                    decoded.malformed,
                    decoded.ignored,
                    decoded.read_seconds,
                    decoded.data_rows,
                    decoded.set_aside_rows,
                    decoded.decoded_with,
                    decoded.trailer_records,
                    decoded.content_fault,
                    entry.file_id,
                ],
            )
            self._db.execute("delete from file_call_days where file_id = ?", [entry.file_id])
            self._db.executemany(
                "insert into file_call_days (file_id, call_date, records, other_day_records, reached_days) values (?, ?, ?, ?, ?)",
                [
                    (entry.file_id, d.call_date.isoformat(), d.records, d.other_day_records, d.reached_days)
                    for d in decoded.days
                ],
            )
            if decoded.bank_facts is not None:
                self.record_bank_batch(entry.file_id, decoded.bank_facts)
            if entry.file_kind == "cdr":
                figures = f"{decoded.read_records} records, {decoded.malformed} malformed"
                figures += f", {decoded.ignored} ignored" if decoded.ignored else ""
            else:
                figures = f"{decoded.data_rows} rows, {decoded.set_aside_rows} set aside"
            self._event(entry.file_id, "decoded", f"{figures} ({decoded.decoded_with})")

    def record_companion(self, file_id: str, records: int | None, seconds: int | None, fault: str | None) -> None:
        """Keep what a companion declares that came after its file was registered."""
        with self.transaction():
            self._db.execute(
                "update files set declared_records = ?, declared_seconds = ?, ctl_fault = ? where file_id = ?",
                [records, seconds, fault, file_id],
            )
            self._event(file_id, "companion", fault or f"records={records} seconds={seconds}")

    def files(self, kind: str | None = None) -> list[FileEntry]:
        """Every registered file (of a kind) by seen_order."""
        # A run asks thirty times. The one figure changes with every row that another connection wrote, the other with ours.
        state = (self._db.execute("pragma data_version").fetchone()[0], self._db.total_changes)
        if self._entries_state != state:
            self._entries = [_entry(row) for row in self._db.execute("select * from files order by seen_order")]
            self._entries_state = state
        return [entry for entry in self._entries if kind in (None, entry.file_kind)]

    def file(self, file_id: str) -> FileEntry:
        """A file by its id, or by the beginning of one that no other file shares. Raises TollhouseError."""
        exact = self._find(file_id)
        if exact is not None:
            return exact
        rows = self._db.execute(
            "select * from files where substr(file_id, 1, ?) = ? order by seen_order limit 3", [len(file_id), file_id]
        ).fetchall()
        if not file_id or not rows:
            raise TollhouseError(f"no file '{file_id}' in the ledger; `tollhouse files` lists them")
        if len(rows) > 1:
            names = ", ".join(f"{row['file_id']} ({row['file_name']})" for row in rows)
            raise TollhouseError(f"'{file_id}' begins more than one file id: {names}; give more of it")
        return _entry(rows[0])

    def status_counts(self) -> dict[tuple[str, str], int]:
        """How many files there are by kind and status; pairs without a file are left out."""
        rows = self._db.execute("select file_kind, status, count(*) as files from files group by 1, 2")
        return {(row["file_kind"], row["status"]): row["files"] for row in rows}

    def newest_seen_at(self) -> str | None:
        """When the newest file was first seen (UTC); None where none ever was."""
        found: str | None = self._db.execute("select max(first_seen_at) from files").fetchone()[0]
        return found

    def set_aside_since(self) -> dict[str, tuple[int, str]]:
        """Of each file that is held or rejected now: number and time (UTC) of the event by which it became so."""
        rows = self._db.execute(
            "select file_id, min(event_number) as event_number, min(at) as at from file_events join files using (file_id) "
            "where status in ('held', 'rejected') and event = status and event_number > coalesce((select max(other.event_number) "
            "from file_events as other where other.file_id = file_events.file_id "
            "and other.event in ('registered', 'loaded', 'held', 'rejected') and other.event <> status), 0) group by file_id"
        )
        return {row["file_id"]: (row["event_number"], row["at"]) for row in rows}

    def call_days(self) -> list[FileCallDay]:
        """Per file and call date the records that are calls: neither malformed nor ignored."""
        rows = self._db.execute(
            "select * from file_call_days join files using (file_id) order by seen_order, call_date"
        )
        return [
            FileCallDay(
                date.fromisoformat(row["call_date"]),
                row["records"],
                row["other_day_records"],
                row["reached_days"],
                row["file_id"],
            )
            for row in rows
        ]

    def events(self, file_id: str) -> list[FileEvent]:
        """The history of a file, oldest first."""
        rows = self._db.execute(
            "select file_id, at, event, detail, run_id, offending_records from file_events where file_id = ? "
            "order by event_number",
            [file_id],
        )
        return [FileEvent(**{**dict(row), "offending_records": _records(row)}) for row in rows]

    def state(self) -> str:
        """A hash of the status of every file and of the decisions: what an edition depends on of the ledger."""
        facts = [
            [
                e.file_id,
                e.status,
                e.status_reason,
                e.effective_order,
                e.decoded_with,
                e.declared_records,
                e.declared_seconds,
            ]
            for e in self.files()
        ]
        decisions = [decision.order_number for decision in self.decisions()]
        return hashlib.sha256(json.dumps([facts, decisions]).encode()).hexdigest()

    def last_order(self) -> int:
        """The number of the newest file or decision; 0 where there is none."""
        return self._next_order() - 1

    def flush(self) -> None:
        """Have the disk hold everything that is kept so far."""
        self._db.execute("pragma wal_checkpoint(full)")

    # --- bank batches ----------------------------------------------------------------------------------------------

    def record_bank_batch(self, file_id: str, facts: dict[str, Any]) -> None:
        """Keep the figures of a bank result file (JSON-able) for its verdict."""
        with self.transaction():
            self._db.execute(
                "insert or replace into bank_batches values (?, ?)", [file_id, json.dumps(facts, sort_keys=True)]
            )

    def bank_batch(self, file_id: str) -> dict[str, Any] | None:
        """The figures of a decoded bank result file."""
        row = self._db.execute("select facts from bank_batches where file_id = ?", [file_id]).fetchone()
        return None if row is None else json.loads(row["facts"])

    # --- processes that ended at a file -------------------------------------------------------------------------------

    def note_process_ended(self, file_id: str) -> None:
        """Note that a process ended without a message while it decoded a file."""
        with self.transaction():
            self._event(
                file_id, "process_ended", f"the process ended while it was decoding {self.file(file_id).file_name}"
            )

    def ended_processes(self) -> dict[str, int]:
        """At which files how many processes ended since they were decoded, released or to be tried again."""
        rows = self._db.execute(
            "select file_id, count(*) as times from file_events as events where event = 'process_ended' and event_number > "
            "coalesce((select max(event_number) from file_events where file_id = events.file_id "
            "and event in ('decoded', 'retry_file', 'release_file')), 0) group by file_id"
        )
        return {row["file_id"]: row["times"] for row in rows}

    # --- decisions -------------------------------------------------------------------------------------------------

    def decisions(self, kind: str | None = None) -> list[Decision]:
        """The decisions (of a kind) in their order."""
        where = "" if kind is None else "where kind = ? "
        rows = self._db.execute(f"select * from decisions {where}order by order_number", [] if kind is None else [kind])
        return [Decision(**dict(row)) for row in rows]

    def add_decision(self, kind: str, why: str, file_id: str | None = None, period: str | None = None) -> Decision:
        """Keep a decision, with who decided it and when."""
        if not why.strip():
            raise TollhouseError("give the reason (--why TEXT): a decision is kept with its reason")
        with self.transaction():
            decision = Decision(self._next_order(), kind, file_id, period, why, _now(), user_name())
            self._db.execute(
                "insert into decisions values (?, ?, ?, ?, ?, ?, ?)",
                [decision.order_number, kind, file_id, period, why, decision.decided_at, decision.decided_by],
            )
            if file_id is not None:
                self._event(file_id, kind, f"{why} ({decision.decided_by})")
            return decision

    def release_file(self, file_id: str, why: str, accept_totals: bool = False) -> Decision:
        """Let in a file that was held or rejected by its verdict, as if registered now.

        It is loaded. A file that was rejected unread for its name, or by a person, is read and checked by the next run. So is one
        held for its date: the release accepts the date, and nobody has seen yet what else is wrong with the file. Raises
        TollhouseError where the file is loaded, or cannot be read; and where a bank file's totals disagree and nobody accepts them.
        """
        with self.transaction():
            entry = self.file(file_id)
            label = f"{entry.file_id} ({entry.file_name})"
            reason = entry.status_reason or ""
            if entry.status not in ("held", "rejected"):
                raise TollhouseError(f"{label} is {entry.status}: only a held or rejected file can be released")
            if entry.status == "rejected" and not reason.startswith((SAME_NAME, SAME_CONTENT, BY_A_PERSON)):
                raise TollhouseError(
                    f"{label} is rejected: {reason}; what cannot be read cannot be released: fix the cause and use "
                    "`tollhouse files retry`, or have the file delivered again"
                )
            if (entry.content_fault or "").endswith(NOT_EVEN_ITS_HEADER):
                raise TollhouseError(
                    f"{label} is held: {reason}; so there is nothing to let in, and all that it should hold would count as gone"
                )
            if accept_totals and entry.is_held_for_date:
                raise TollhouseError(
                    f"{label} is held: {reason}; release it without --accept-totals, and the next run compares its totals"
                )
            totals = [] if entry.is_held_for_date else self._differences(entry)
            if accept_totals and not totals:
                raise TollhouseError(f"{label}: there is no difference to accept; release it without --accept-totals")
            if totals and not accept_totals:
                raise TollhouseError(
                    f"{label}: its totals disagree with its lines ({'; '.join(totals)}); ask the bank for a corrected file, or "
                    "add --accept-totals: then its lines count as they are, and debit_batches shows the difference"
                )
            decision = self.add_decision("release_file", why, entry.file_id)
            if accept_totals:
                self.add_decision("accept_totals", "; ".join(totals), entry.file_id)
            if entry.is_held_for_date:
                self.add_decision(ACCEPT_DATE, reason, entry.file_id)
            self._db.execute(
                "update files set effective_order = ? where file_id = ?", [decision.order_number, entry.file_id]
            )
            was = f"released: {why}; was {entry.status}: {reason}"
            if entry.status == "rejected":
                self._db.execute("update files set decoded_with = null where file_id = ?", [entry.file_id])
            if entry.is_held_for_date or reason.startswith((SAME_NAME, BY_A_PERSON)):
                self.set_status(entry.file_id, "registered", was)
            else:
                self.set_status(entry.file_id, "loaded", was)
            return decision

    def reject_file(self, file_id: str, why: str) -> Decision:
        """Set aside a file by a person's decision: it counts no longer, from the next run on. `release_file` and `retry_file`
        bring it back. Raises TollhouseError where it is rejected already, or is loaded with calls of a closed period: they are
        on bills that nothing changes any more.
        """
        with self.transaction():
            entry = self.file(file_id)
            label = f"{entry.file_id} ({entry.file_name})"
            if entry.status == "rejected":
                raise TollhouseError(f"{label} is rejected already: {entry.status_reason}")
            closed = self.closed_periods().keys()
            days = [day for day in self.call_days() if day.file_id == entry.file_id and day.records]
            billed = sorted({f"{day.call_date:%Y-%m}" for day in days} & closed) if entry.status == "loaded" else []
            if billed:
                raise TollhouseError(
                    f"{label} is loaded and has calls of the closed period {billed[0]}, whose bills stay as they are; correct "
                    f"them by a payment or refund of the customer system, or reopen the period (`tollhouse reopen {billed[0]}`)"
                )
            decision = self.add_decision("reject_file", why, entry.file_id)
            self.set_status(entry.file_id, "rejected", f"{BY_A_PERSON}{why}; was {entry.status}")
            return decision

    def _differences(self, entry: FileEntry) -> list[str]:
        """How the header or trailer of a bank file differs from its lines, as the last decode found it."""
        batch = self.bank_batch(entry.file_id) if entry.file_kind == "bank" else None
        if batch is None:
            return []
        unread = batch["set_aside_rows"]
        # A statement's totals are derived from the lines that could be read: they agree without the others.
        lacking = (
            [f"{unread} lines cannot be read and count nowhere, the first: {batch['first_set_aside']}"]
            if unread
            else []
        )
        return [*batch["total_differences"], *lacking]

    def retry_file(self, again: NewFile, why: str) -> Decision:
        """Have the next run decode and check a file again, at the position at which it was registered.

        `again` is the same file as its name and bytes are understood today. Raises TollhouseError where there is nothing to
        try again (`refuse_retry`), or where another file has taken its name meanwhile.
        """
        with self.transaction():
            entry = self.file(again.file_id)
            self.refuse_retry(entry)
            taken = self._same_name_fault(again)
            if taken is not None:
                raise TollhouseError(f"{entry.file_id} ({entry.file_name}) cannot be tried again: {taken}")
            decision = self.add_decision("retry_file", why, entry.file_id)
            self._db.execute(
                f"update files set {', '.join(f'{column} = ?' for column in _LEARNT_COLUMNS)}, decoded_with = null "
                "where file_id = ?",
                [*(_stored(getattr(again, column)) for column in _LEARNT_COLUMNS), entry.file_id],
            )
            was = f"was {entry.status}: {entry.status_reason}"
            self.set_status(entry.file_id, "registered", f"to be tried again: {why}; {was}")
            return decision

    def refuse_retry(self, entry: FileEntry) -> None:
        """Raise TollhouseError where a file is neither held nor rejected for a cause that can be fixed beside it."""
        label = f"{entry.file_id} ({entry.file_name})"
        if entry.status == "held":
            return
        if entry.status != "rejected":
            raise TollhouseError(f"{label} is {entry.status}: only a held or an unreadable file can be tried again")
        if not (entry.status_reason or "").startswith((UNREADABLE, WRONG_NAME, BY_A_PERSON)):
            raise TollhouseError(
                f"{label} is rejected: {entry.status_reason}; it was not unreadable, so trying again changes nothing"
            )

    def release_calls(self, file_id: str, why: str) -> Decision:
        """Accept the other_day records of a loaded CDR file, as if registered now. Raises TollhouseError otherwise."""
        with self.transaction():
            entry = self.file(file_id)
            label = f"{entry.file_id} ({entry.file_name})"
            if entry.file_kind != "cdr" or entry.status != "loaded":
                raise TollhouseError(
                    f"{label} is a {entry.status} {entry.file_kind} file: calls are released of a loaded cdr file"
                )
            other_day = self._db.execute(
                "select coalesce(sum(other_day_records), 0) from file_call_days where file_id = ?", [entry.file_id]
            ).fetchone()[0]
            if other_day == 0:
                raise TollhouseError(f"{label} has no calls of another day: there is nothing to release")
            if any(decision.file_id == entry.file_id for decision in self.decisions("release_calls")):
                raise TollhouseError(f"{label}: its calls of another day were released before")
            return self.add_decision("release_calls", why, entry.file_id)

    # --- closed periods and their frozen figures -------------------------------------------------------------------

    def closed_periods(self) -> dict[str, Decision]:
        """The periods that are closed, each with its closing: those that were reopened since are not among them."""
        closed: dict[str, Decision] = {}
        for decision in self.decisions():
            if decision.kind == CLOSE_PERIOD:
                closed[str(decision.period)] = decision
            elif decision.kind == REOPEN_PERIOD:
                closed.pop(str(decision.period), None)
        return closed

    def closing_number(self, period: str) -> int:
        """The number of the closing that a period has, or that its next closing will have: one more than its reopenings."""
        return 1 + sum(decision.period == period for decision in self.decisions(REOPEN_PERIOD))

    def close_period(self, period: str, why: str, figures: Sequence[FrozenFile]) -> Decision:
        """Keep that a period is closed, together with the files of its figures, which must be on the disk by now. When it
        returns, a power cut cannot take the decision back."""
        with self._on_the_disk():
            decision = self.add_decision(CLOSE_PERIOD, why, period=period)
            self._add_figures(figures)
        return decision

    def reopen_period(self, period: str, why: str, withdrawn: Sequence[str] = ()) -> Decision:
        """Keep that a closed period is open again, and which re-ratings' adjustments of it count no longer. Its frozen figures stay.
        When it returns, a power cut cannot take the decision back."""
        with self._on_the_disk():
            decision = self.add_decision(REOPEN_PERIOD, why, period=period)
            for rerate_id in withdrawn:
                self.add_decision(WITHDRAW_ADJUSTMENTS, rerate_id, period=period)
        return decision

    def withdrawn_adjustments(self) -> set[tuple[str, str]]:
        """The re-ratings and closed periods (rerate_id, period) whose adjustments count no longer, for the period was reopened."""
        return {(decision.why, str(decision.period)) for decision in self.decisions(WITHDRAW_ADJUSTMENTS)}

    def add_frozen_figures(self, figures: Sequence[FrozenFile]) -> None:
        """Keep files of figures of periods closed before; they take the place of those that were kept."""
        with self._on_the_disk():
            self._add_figures(figures)

    def frozen_figures(self) -> dict[str, list[FrozenFile]]:
        """Per closed period the files of its figures."""
        closed, figures = self.closed_periods(), self._figures_by_closing()
        numbers = {period: self.closing_number(period) for period in closed}
        return {period: figures[period, number] for period, number in numbers.items() if (period, number) in figures}

    def reopened_figures(self) -> dict[tuple[str, int], list[FrozenFile]]:
        """Per closing that was reopened, (period, number of the closing), the files of what was closed: the evidence of before."""
        figures = self._figures_by_closing()
        newest = {period: self.closing_number(period) for period in {period for period, _ in figures}}
        return {(period, number): files for (period, number), files in figures.items() if number < newest[period]}

    def frozen_hashes(self, period: str) -> dict[str, set[str]]:
        """Per table the SHA-256 of every file of a closed period's figures that was ever written, replaced ones too."""
        hashes: dict[str, set[str]] = {}
        number = self.closing_number(period)
        for file in self._figures():
            if file.period == period and file.closing_number == number:
                hashes.setdefault(file.table, set()).add(file.sha256)
        return hashes

    def _figures(self) -> list[FrozenFile]:
        """Every file of frozen figures that was ever written, oldest first."""
        return [
            FrozenFile(*row)
            for row in self._db.execute(
                "select period, table_name, file_path, row_count, size_bytes, sha256 from frozen_figures order by frozen_number"
            )
        ]

    def _figures_by_closing(self) -> dict[tuple[str, int], list[FrozenFile]]:
        """Per period and number of its closing the newest file of each table."""
        newest = {(file.period, file.closing_number, file.table): file for file in self._figures()}
        closings: dict[tuple[str, int], list[FrozenFile]] = {}
        for (period, number, _), file in sorted(newest.items()):
            closings.setdefault((period, number), []).append(file)
        return closings

    def _add_figures(self, figures: Sequence[FrozenFile]) -> None:
        self._db.executemany(
            "insert into frozen_figures (period, table_name, file_path, row_count, size_bytes, sha256, frozen_at) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            [[*astuple(file), _now()] for file in figures],
        )

    @contextmanager
    def _on_the_disk(self) -> Iterator[None]:
        """One transaction that is flushed to the disk: with WAL only `full` does so at every commit."""
        self._db.execute("pragma synchronous = full")
        try:
            with self.transaction():
                yield
        finally:
            self._db.execute("pragma synchronous = normal")

    # --- published editions ----------------------------------------------------------------------------------------

    def note_edition(self, edition: str, revision: int) -> None:
        """Keep that an edition was published; nothing where it is known."""
        with self.transaction():
            if not self._db.execute("select 1 from published_editions where revision = ?", [revision]).fetchone():
                self._db.execute(
                    "insert into published_editions (revision, edition, noted_at, noted_by) values (?, ?, ?, ?)",
                    [revision, edition, _now(), user_name()],
                )

    def newest_edition(self) -> tuple[str, int] | None:
        """Name and revision of the edition that was published last; None where there is none, or only editions of an earlier version."""
        row = self._db.execute(
            "select edition, revision from published_editions order by revision desc limit 1"
        ).fetchone()
        return None if row is None else (row["edition"], row["revision"])

    def published_by(self, edition: str) -> str | None:
        """Who published an edition; None where the ledger does not know."""
        row = self._db.execute("select noted_by from published_editions where edition = ?", [edition]).fetchone()
        return None if row is None else row["noted_by"]

    # --- the memory of a pull --------------------------------------------------------------------------------------

    def deliveries(self, source: str) -> dict[str, tuple[int, int, str]]:
        """What a source's files were like when last hashed: name → (size, mtime in ns, file_id)."""
        rows = self._db.execute(
            "select file_name, size_bytes, mtime_ns, file_id from seen_deliveries where source = ?", [source]
        )
        return {row["file_name"]: (row["size_bytes"], row["mtime_ns"], row["file_id"]) for row in rows}

    def remember_delivery(self, source: str, file_name: str, size_bytes: int, mtime_ns: int, file_id: str) -> None:
        """Remember a hashed file, so that it is not hashed again while size and time stay."""
        with self.transaction():
            self._db.execute(
                "insert or replace into seen_deliveries values (?, ?, ?, ?, ?)",
                [source, file_name, size_bytes, mtime_ns, file_id],
            )

    # --- within ----------------------------------------------------------------------------------------------------

    def _find(self, file_id: str) -> FileEntry | None:
        row = self._db.execute("select * from files where file_id = ?", [file_id]).fetchone()
        return None if row is None else _entry(row)

    def _next_order(self) -> int:
        return int(
            self._db.execute(
                "select 1 + max(coalesce((select max(seen_order) from files), 0), "
                "coalesce((select max(order_number) from decisions), 0))"
            ).fetchone()[0]
        )

    def _event(self, file_id: str, event: str, detail: str | None, records: Sequence[OffendingRecord] = ()) -> None:
        self._db.execute(
            "insert into file_events (file_id, at, event, detail, run_id, offending_records) values (?, ?, ?, ?, ?, ?)",
            [file_id, _now(), event, detail, self.run_id, _as_json(records)],
        )

    def _same_name_fault(self, new: NewFile) -> str | None:
        row = self._db.execute(
            "select file_id, file_name from files where source = ? and base_name = ? and status <> 'rejected' "
            "and content_sha256 is not ? and file_id <> ? order by seen_order limit 1",
            [new.source, new.base_name, new.content_sha256, new.file_id],
        ).fetchone()
        return None if row is None else f"{SAME_NAME}{row['file_name']} ({row['file_id']})"


def batch_key(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    """What makes a batch of a bank one batch: (bank_code, batch_id, debited_on), for banks start their numbers again."""
    return facts["bank_code"], facts["batch_id"], facts["debited_on"]


def _entry(row: sqlite3.Row) -> FileEntry:
    values = dict(zip(row.keys(), row, strict=True))  # a row finds a column by its name only by looking at each
    if values["file_date"] is not None:
        values["file_date"] = date.fromisoformat(values["file_date"])
    values["offending_records"] = _records(row)
    # The columns keep the names that ledgers of earlier versions gave them.
    values["trailer_records"], values["content_fault"] = values["told_records"], values["told_fault"]
    return FileEntry(*[values[column] for column in _ENTRY_COLUMNS])


def _as_json(records: Sequence[OffendingRecord]) -> str | None:
    return json.dumps([asdict(record) for record in records], ensure_ascii=False) if records else None


def _records(row: sqlite3.Row) -> tuple[OffendingRecord, ...]:
    records = row["offending_records"]
    return tuple(OffendingRecord(**record) for record in json.loads(records)) if records else ()


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def user_name() -> str:
    """Who types: the name that decisions and requests are kept under."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return f"uid {os.getuid()}"
