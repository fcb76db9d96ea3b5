"""What the tests deliver, and the entries of sources files that pull it."""

from __future__ import annotations

import os
import random
from pathlib import Path

from tests.ingestion.intake import HEADER
from tests.ingestion.stores.servers import LOOPBACK, SshServer

LINE = "1,2345678,010123,,TG1,2026-01-05 10:00:00,60,16"
CONTENT = f"{HEADER}\n{LINE}\n"
NAME = "SW1_20260105_000001.csv"
PATTERN = "{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv"
MIB = 1 << 20


def call_file(size: int, seed: int = 1) -> bytes:
    """A file of the canonical header and, up to the size, bytes that do not repeat."""
    return f"{HEADER}\n".encode() + random.Random(seed).randbytes(size - len(HEADER) - 1)


def write(path: Path, content: bytes | str, at: int = 1_600_000_000) -> Path:
    """A file of a server's folder, written at a time long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (at, at))
    return path


def write_settled(path: Path, content: bytes | str, at: int = 1_600_000_000) -> Path:
    """The same, with the companion that says it is whole: nobody has to wait and look again."""
    write(path.with_name(path.name + ".done"), "")
    return write(path, content, at)


def entry(name: str, url: str, **fields: object) -> str:
    """An entry of a sources file; a CDR source unless its fields say otherwise."""
    values = {"name": name, "kind": "cdr", "url": url, "pattern": PATTERN, "format": "canonical", **fields}
    return "  - " + "\n    ".join(f"{key}: {_quoted(value)}" for key, value in values.items()) + "\n"


def sources(*entries: str) -> str:
    """A sources file."""
    return "sources:\n" + "".join(entries)


def sftp_entry(name: str, server: SshServer, folder: Path | str, port: int | None = None, **fields: object) -> str:
    """An entry for a folder of the SSH server, by way of a line's port where one is given."""
    port = port or server.port
    known = {
        "username_env": "SWITCH_USER",
        "key_file_env": "SWITCH_KEY",
        "known_hosts": str(server.known_hosts(port)),
        "timeout_seconds": 10,
        "settle_seconds": 1,
    }
    given = {key: value for key, value in {**known, **fields}.items() if value is not None}
    return entry(name, f"sftp://{LOOPBACK}:{port}{folder}", **given)


def s3_entry(name: str, port: int, path: str, **fields: object) -> str:
    """An entry for a prefix of the S3 server."""
    known = {
        "access_key_env": "STORE_KEY",
        "secret_key_env": "STORE_SECRET",
        "endpoint_url": f"http://{LOOPBACK}:{port}",
        "region": "us-east-1",
        "timeout_seconds": 10,
    }
    given = {key: value for key, value in {**known, **fields}.items() if value is not None}
    return entry(name, f"s3://{path}", **given)


def _quoted(value: object) -> object:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else value
