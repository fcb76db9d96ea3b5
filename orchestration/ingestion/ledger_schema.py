"""The file ledger's schema and the records read from it. The statements that write them are in ledger.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

# Goes up with every change of the schema; a ledger of another version is refused, not guessed at.
SCHEMA_VERSION = 1

SCHEMA = """
create table if not exists files (
    file_id text primary key,
    seen_order integer not null unique,
    source text not null,
    file_kind text not null check (file_kind in ('cdr', 'bank', 'customers')),
    format text not null,
    file_name text not null,            -- as delivered
    base_name text not null,            -- packing apart
    size_bytes integer not null,
    sha256 text not null,               -- of the bytes as delivered
    content_sha256 text,                -- of the unpacked bytes; null where they cannot be unpacked
    content_lines integer,              -- lines of the unpacked bytes, the header with them
    content_delimiters integer,         -- of a CDR file: the format's delimiters in the unpacked bytes
    landing_path text not null,         -- relative to the home
    switch_id text,
    file_date text,
    sequence_number integer,
    bank_code text,
    batch_in_name text,
    export_table text,
    declared_records integer,           -- of the .ctl companion
    declared_seconds integer,
    ctl_fault text,                     -- what a companion says that is no count
    first_seen_at text not null,
    status text not null check (status in ('registered', 'loaded', 'held', 'rejected')),
    status_reason text,
    effective_order integer,            -- by which a loaded file counts: seen_order, or its release's order number
    read_records integer not null default 0,
    malformed_records integer not null default 0,
    read_seconds integer not null default 0,
    data_rows integer not null default 0,
    set_aside_rows integer not null default 0,
    decoded_with text                   -- decoder and the facts it depended on; null until decoded
);
create index if not exists files_by_name on files (source, base_name);
create table if not exists file_call_days (
    file_id text not null references files,
    call_date text not null,
    records integer not null,
    other_day_records integer not null,
    primary key (file_id, call_date)
);
create table if not exists bank_batches (file_id text primary key references files, facts text not null);
create table if not exists decisions (
    order_number integer primary key,   -- of the same sequence as files.seen_order
    kind text not null,
    file_id text references files,
    period text,
    why text not null,
    decided_at text not null,
    decided_by text not null
);
create table if not exists file_events (
    event_number integer primary key autoincrement,
    file_id text not null references files,
    at text not null,
    event text not null,
    detail text
);
-- What was hashed before, so that a pull need not read it again. A memory, not history: safe to empty.
create table if not exists seen_deliveries (
    source text not null,
    file_name text not null,
    size_bytes integer not null,
    mtime_ns integer not null,
    file_id text not null,
    primary key (source, file_name)
);
create trigger if not exists decisions_are_never_changed before update on decisions
    begin select raise(abort, 'decisions are append only'); end;
create trigger if not exists decisions_are_never_removed before delete on decisions
    begin select raise(abort, 'decisions are append only'); end;
create trigger if not exists events_are_never_changed before update on file_events
    begin select raise(abort, 'file events are append only'); end;
create trigger if not exists events_are_never_removed before delete on file_events
    begin select raise(abort, 'file events are append only'); end;
"""


@dataclass(frozen=True)
class NewFile:
    """What a pull knows of a delivered file when it registers it."""

    file_id: str
    source: str
    file_kind: str
    format: str
    file_name: str
    base_name: str
    size_bytes: int
    sha256: str
    landing_path: str
    content_sha256: str | None = None
    content_lines: int | None = None
    content_delimiters: int | None = None
    switch_id: str | None = None
    file_date: date | None = None
    sequence_number: int | None = None
    bank_code: str | None = None
    batch_in_name: str | None = None
    export_table: str | None = None
    declared_records: int | None = None
    declared_seconds: int | None = None
    ctl_fault: str | None = None


@dataclass(frozen=True)
class FileEntry(NewFile):
    """A file as the ledger has it."""

    seen_order: int = 0
    first_seen_at: str = ""
    status: str = "registered"
    status_reason: str | None = None
    effective_order: int | None = None
    read_records: int = 0
    malformed_records: int = 0
    read_seconds: int = 0
    data_rows: int = 0
    set_aside_rows: int = 0
    decoded_with: str | None = None


@dataclass(frozen=True)
class CallDay:
    """How many records of a file are of a call date; malformed ones have none."""

    call_date: date
    records: int
    other_day_records: int


@dataclass(frozen=True)
class FileCallDay(CallDay):
    """A call day with its file."""

    file_id: str = ""


@dataclass(frozen=True)
class DecodedFile:
    """What a decoder found in a file, in figures. Bank and customers files have data rows, CDR files records."""

    file_id: str
    decoded_with: str
    read_records: int = 0
    malformed: int = 0
    read_seconds: int = 0
    other_day: int = 0
    days: tuple[CallDay, ...] = ()
    data_rows: int = 0
    set_aside_rows: int = 0


@dataclass(frozen=True)
class Decision:
    """A decision of a person: a release, a closing. `order_number` stands in one sequence with the files' seen_order."""

    order_number: int
    kind: str
    file_id: str | None
    period: str | None
    why: str
    decided_at: str
    decided_by: str


@dataclass(frozen=True)
class FileEvent:
    """One line of a file's history."""

    file_id: str
    at: str
    event: str
    detail: str | None = field(default=None)
