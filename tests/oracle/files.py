"""What lies in the inbox: which files are registered, in which order, what their names say, their unpacked bytes.

Judging a file (loaded, rejected, held) is in `intake`.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import zstandard

EXPORT_TABLES = (
    "customers",
    "accounts",
    "service_numbers",
    "subscriptions",
    "payments",
    "account_merges",
    "number_orders",
    "complaints",
    "account_adjustments",
    "outlet_terminals",
    "trainings",
    "training_exams",
)


@dataclass(eq=False)
class InboxFile:
    """One registered file; what the later sections find out about it is added to it."""

    path: Path
    source: str
    kind: str
    name: str
    source_key: str = ""
    plain_name: str = ""
    file_date: date | None = None
    sequence_number: int | None = None
    table: str | None = None
    status: str = "loaded"
    reason: str = ""
    is_dated_oddly: bool = False
    content: bytes = b""
    sha256: str = ""
    declared_records: int | None = None
    declared_seconds: int | None = None
    records: list[Any] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    data_rows: int = 0
    set_aside_rows: int = 0
    repeated_rows: int = 0
    broken_keys: set[tuple[Any, ...]] = field(default_factory=set)
    batch: Any = None

    def reject(self, reason: str) -> None:
        """A rejected file is not read: nothing of it stays."""
        self.status, self.reason = "rejected", reason
        self.records, self.rows, self.batch = [], [], None
        self.data_rows = self.set_aside_rows = self.repeated_rows = 0
        self.declared_records = self.declared_seconds = None

    def hold(self, reason: str) -> None:
        """A held file is read and counted, and goes no further."""
        self.status, self.reason = "held", reason


def without_packing(name: str) -> str:
    """The file name without `.gz` or `.zst`."""
    for suffix in (".gz", ".zst"):
        if name.endswith(suffix):
            return name[: -len(suffix)]
    return name


def is_registered(name: str) -> bool:
    """Companions, dot files and unfinished copies are not registered; everything else is, whatever its name."""
    return not name.startswith(".") and not name.endswith((".ctl", ".done", ".part", ".tmp"))


def date_in_name(digits: str) -> date | None:
    """`YYYYMMDD` as a date, None where there is no such day."""
    try:
        return datetime.strptime(digits, "%Y%m%d").date()
    except ValueError:
        return None


def read_name(file: InboxFile) -> bool:
    """Take date, sequence number and table from the name; False where the name is not of its source's pattern."""
    key = re.escape(file.source_key)
    patterns = {
        "cdr": rf"{key}_(?P<day>[0-9]{{8}})_(?P<sequence>[0-9]{{6}})\.csv",
        "bank": rf"{key}_(?P<day>[0-9]{{8}})_(?P<batch>.+)\.txt",
        "customers": rf"(?P<table>{'|'.join(EXPORT_TABLES)})_(?P<day>[0-9]{{8}})\.csv",
    }
    match = re.fullmatch(patterns[file.kind], file.plain_name)
    if match is None:
        return False
    file.file_date = date_in_name(match["day"])
    if file.file_date is None:
        return False
    if file.kind == "cdr":
        file.sequence_number = int(match["sequence"])
    if file.kind == "customers":
        file.table = match["table"]
    return True


def unpack_zstd(packed: bytes) -> bytes:
    """All frames of a .zst file; a frame that ends early is an error."""
    content = b""
    while packed:
        frame = zstandard.ZstdDecompressor().decompressobj()
        content += frame.decompress(packed)
        if not frame.eof:
            raise EOFError("the last frame is cut")
        packed = frame.unused_data
    return content


def unpack(path: Path) -> bytes | None:
    """The unpacked content; None where the packing is broken."""
    packed = path.read_bytes()
    try:
        if path.name.endswith(".gz"):
            return gzip.decompress(packed)
        if path.name.endswith(".zst"):
            return unpack_zstd(packed)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError):
        return None
    return packed


def source_folders(inbox: Path) -> list[tuple[str, str, str, Path]]:
    """(source, kind, switch or bank, folder) of every source folder of the inbox."""
    folders = []
    for kind in ("cdr", "bank"):
        if (inbox / kind).is_dir():
            for folder in sorted((inbox / kind).iterdir()):
                if folder.is_dir():
                    folders.append((f"{kind}/{folder.name}", kind, folder.name, folder))
    if (inbox / "asterisk").is_dir():
        for folder in sorted((inbox / "asterisk").iterdir()):
            folders.append((f"asterisk/{folder.name}", "cdr", folder.name, folder))
    if (inbox / "customers").is_dir():
        folders.append(("customers", "customers", "", inbox / "customers"))
    return folders


def registered_files(inbox: Path) -> list[InboxFile]:
    """Every file of the inbox in the order of registration: (date in the name, file name, source)."""
    files = []
    for source, kind, source_key, folder in source_folders(inbox):
        for path in folder.iterdir():
            if not path.is_file() or not is_registered(path.name):
                continue
            file = InboxFile(path=path, source=source, kind=kind, name=path.name, source_key=source_key)
            file.plain_name = without_packing(path.name)
            if not read_name(file):
                file.reject("the name is not of the source's pattern")
            content = unpack(path)
            if content is None and file.status != "rejected":
                file.reject("unreadable: the packing is broken")
            file.content = content or b""
            file.sha256 = hashlib.sha256(file.content).hexdigest()
            files.append(file)
    # A file whose name holds no date is rejected in any case; it stands first.
    return sorted(files, key=lambda file: (file.file_date or date.min, file.name, file.source))
