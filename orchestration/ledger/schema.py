"""The file ledger's schema and the records read from it. The statements that write them are in file_ledger.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

# Goes up with every change of the schema. A ledger of an earlier version is brought up to it by MIGRATIONS when it is
# next opened for writing; one of a later version is refused, not guessed at.
SCHEMA_VERSION = 8

# How many of the records that a file is held or rejected for are kept with its status.
OFFENDING_RECORDS_KEPT = 5

# The beginning of the reason of a file that is held for its date, whatever its content is.
ODD_DATE = "its date "
# The end of the fault of an export in which no row can be found, so that it cannot be let in.
NOT_EVEN_ITS_HEADER = "; not even its header can be read"

SCHEMA = """
create table if not exists files (
    file_id text primary key,
    seen_order integer not null unique,
    source text not null,
    file_kind text not null check (file_kind in ('cdr', 'bank', 'customers')),
    format text not null,
    content_encoding text,              -- of a customer export that is not UTF-8, as its source declares
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
    ignored_records integer not null default 0,   -- records that the format says are no calls; in read_records
    read_seconds integer not null default 0,
    data_rows integer not null default 0,
    set_aside_rows integer not null default 0,
    decoded_with text,                  -- decoder and the facts it depended on; null until decoded
    told_records integer,               -- how many records the file's own header or trailer says it has
    told_fault text,                    -- what header or trailer says that the file's content contradicts
    offending_records text              -- JSON: the first records that the status is for, as its event has them
);
create index if not exists files_by_name on files (source, base_name);
create table if not exists file_call_days (
    file_id text not null references files,
    call_date text not null,
    records integer not null,
    other_day_records integer not null,
    reached_days integer not null default 1,      -- how many days after the date its calls reach into, at least 1
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
    detail text,
    run_id text,                        -- the run that found it; null for a command of a person
    offending_records text              -- JSON: the first records that a file was held for
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
"""

# What keeps the history from being rewritten, by whatever program. `insert or replace` fires no delete trigger, so an
# insert under a number or id that is taken is refused for itself. A file stays what it was when it was first seen.
GUARDS = """
create trigger if not exists decisions_are_never_changed before update on decisions
    begin select raise(abort, 'decisions are append only'); end;
create trigger if not exists decisions_are_never_removed before delete on decisions
    begin select raise(abort, 'decisions are append only'); end;
create trigger if not exists events_are_never_changed before update on file_events
    begin select raise(abort, 'file events are append only'); end;
create trigger if not exists events_are_never_removed before delete on file_events
    begin select raise(abort, 'file events are append only'); end;
create trigger if not exists decisions_are_never_replaced before insert on decisions
    when exists (select 1 from decisions where order_number = new.order_number)
    begin select raise(abort, 'decisions are append only'); end;
create trigger if not exists events_are_never_replaced before insert on file_events
    when exists (select 1 from file_events where event_number = new.event_number)
    begin select raise(abort, 'file events are append only'); end;
create trigger if not exists files_are_never_removed before delete on files
    begin select raise(abort, 'files stay in the ledger'); end;
create trigger if not exists files_are_never_replaced before insert on files
    when exists (select 1 from files where file_id = new.file_id or seen_order = new.seen_order)
    begin select raise(abort, 'files stay in the ledger'); end;
create trigger if not exists files_stay_as_they_were_seen
    before update of file_id, seen_order, source, file_kind, file_name, size_bytes, sha256, first_seen_at on files
    begin select raise(abort, 'a file stays as it was first seen'); end;
"""

# Of the files that must lie beside the ledger: the frozen figures of closed periods, which only grow (the newest row of a
# table counts), and the Parquet files of the raw zone, as the last decode of each delivered file wrote them.
KEPT_FILES = """
create table if not exists frozen_figures (
    frozen_number integer primary key autoincrement,
    period text not null,
    table_name text not null,           -- of the schema closed
    file_path text not null,            -- relative to the home
    row_count integer not null,
    size_bytes integer not null,
    sha256 text not null,
    frozen_at text not null
);
create table if not exists raw_parts (
    file_id text not null references files,
    folder text not null,               -- of the raw zone: calls, customers/payments, ...
    row_count integer not null,
    size_bytes integer not null,
    sha256 text not null,
    end_sha256 text not null,           -- of its end, where Parquet says what is in it
    primary key (file_id, folder)
);
create trigger if not exists frozen_figures_are_never_changed before update on frozen_figures
    begin select raise(abort, 'frozen figures are append only'); end;
create trigger if not exists frozen_figures_are_never_removed before delete on frozen_figures
    begin select raise(abort, 'frozen figures are append only'); end;
create trigger if not exists frozen_figures_are_never_replaced before insert on frozen_figures
    when exists (select 1 from frozen_figures where frozen_number = new.frozen_number)
    begin select raise(abort, 'frozen figures are append only'); end;
"""

# The editions that were published: debit requests and re-ratings name them, so that no name may be given twice.
PUBLISHED_EDITIONS = """
create table if not exists published_editions (
    revision integer primary key,
    edition text not null,
    noted_at text not null
);
create trigger if not exists published_editions_are_never_changed before update on published_editions
    begin select raise(abort, 'published editions are append only'); end;
create trigger if not exists published_editions_are_never_removed before delete on published_editions
    begin select raise(abort, 'published editions are append only'); end;
create trigger if not exists published_editions_are_never_replaced before insert on published_editions
    when exists (select 1 from published_editions where revision = new.revision)
    begin select raise(abort, 'published editions are append only'); end;
"""

# Who published an edition prepared the settlements in it: they are approved by another.
PUBLISHERS = "alter table published_editions add column noted_by text;"

# From a version to the next. Columns and tables are only added: what was kept stays.
MIGRATIONS = {
    1: "alter table files add column offending_records text; alter table file_events add column run_id text; "
    "alter table file_events add column offending_records text;" + GUARDS,
    2: "alter table files add column told_records integer; alter table files add column told_fault text;",
    3: "alter table files add column ignored_records integer not null default 0; "
    "alter table file_call_days add column reached_days integer not null default 1;",
    4: "alter table files add column content_encoding text;",
    5: KEPT_FILES,
    6: PUBLISHED_EDITIONS,
    7: PUBLISHERS,
}


@dataclass(frozen=True)
class OffendingRecord:
    """A record or line that a file is held for: its place, its fault, and its text."""

    line_number: int
    fault: str
    record_text: str

    @property
    def text(self) -> str:
        """In one line of plain words."""
        return f"line {self.line_number}: {self.fault}: {self.record_text}"


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
    content_encoding: str | None = None


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
    ignored_records: int = 0
    read_seconds: int = 0
    data_rows: int = 0
    set_aside_rows: int = 0
    decoded_with: str | None = None
    trailer_records: int | None = None
    content_fault: str | None = None
    offending_records: tuple[OffendingRecord, ...] = ()

    @property
    def is_held_for_date(self) -> bool:
        """Whether it waits because its date cannot be right: its date decides nothing then."""
        return self.status == "held" and (self.status_reason or "").startswith(ODD_DATE)


@dataclass(frozen=True)
class CallDay:
    """How many records of a file are of a call date, and how many days after it they reach into; malformed and
    ignored ones have none."""

    call_date: date
    records: int
    other_day_records: int
    reached_days: int = 1


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
    ignored: int = 0
    read_seconds: int = 0
    other_day: int = 0
    days: tuple[CallDay, ...] = ()
    data_rows: int = 0
    set_aside_rows: int = 0
    trailer_records: int | None = None
    content_fault: str | None = None
    bank_facts: dict[str, Any] | None = None  # of a bank file: its figures, JSON-able, for its verdict


@dataclass(frozen=True)
class Decision:
    """A decision of a person: a release, a closing, a reopening. `order_number` is in one sequence with the files' seen_order."""

    order_number: int
    kind: str
    file_id: str | None
    period: str | None
    why: str
    decided_at: str
    decided_by: str


@dataclass(frozen=True)
class FrozenFile:
    """A table of the closed schema, of one period, as a Parquet file. `path` is relative to the home."""

    period: str
    table: str
    path: str
    rows: int
    size_bytes: int
    sha256: str

    @property
    def closing_number(self) -> int:
        """Which closing of the period wrote it: 1, and 2 and more after reopenings."""
        return int(PurePosixPath(self.path).parent.name.partition(".")[2] or 1)


def closing_folder(period: str, closing_number: int) -> str:
    """The name of the folder with the figures of a closing: `2026-03`, and `2026-03.2` where the period was reopened once before."""
    return period if closing_number == 1 else f"{period}.{closing_number}"


@dataclass(frozen=True)
class RawPart:
    """A Parquet file of the raw zone, as the decode of a delivered file wrote it: `<folder>/<file_id>.parquet`.

    `end_sha256` is of its last bytes alone: quick to compare, and they say what is in the rest.
    """

    file_id: str
    folder: str
    rows: int
    size_bytes: int
    sha256: str
    end_sha256: str


@dataclass(frozen=True)
class FileEvent:
    """One line of a file's history."""

    file_id: str
    at: str
    event: str
    detail: str | None = None
    run_id: str | None = None
    offending_records: tuple[OffendingRecord, ...] = ()
