"""How a source is reached, as its entry in sources.yml says. The entry is checked in sources/entries.py; connecting is in
the modules beside this one.

A secret is never in the file: an entry names the environment variable that holds it, and the variable is read when the
source is reached, so that a missing one is that source's fault and no other's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SETTLE_SECONDS = {
    "file": 1.0,
    "sftp": 2.0,
    "s3": 0.0,
}  # an object of S3 is complete when it is visible; SFTP gives whole seconds
TIMEOUT_SECONDS = 30.0
RETRIES = 3

PROTOCOLS = ("file", "sftp", "s3")

#: The last part of a url that stands for every folder found there.
FOLDER_PLACEHOLDER = re.compile(r"/\{(?P<name>switch_id|bank_code)\}/?$")
_SCHEME = re.compile(r"(?P<protocol>[A-Za-z][A-Za-z0-9+.-]*):")


@dataclass(frozen=True)
class Access:
    """One server or file system, with what it takes to reach it. Equal ones share a connection."""

    protocol: str = "file"
    host: str = ""  # of sftp
    port: int = 22
    username: str | None = None
    username_env: str | None = None
    password_env: str | None = None
    key_file_env: str | None = None
    key_passphrase_env: str | None = None
    known_hosts: Path | None = None
    access_key_env: str | None = None
    secret_key_env: str | None = None
    session_token_env: str | None = None
    endpoint_url: str | None = None
    region: str | None = None
    timeout_seconds: float = TIMEOUT_SECONDS
    retries: int = RETRIES
    #: For a local source: the folder that its links may not leave; None: all links are followed.
    link_root: str | None = None

    @property
    def is_remote(self) -> bool:
        """Whether there is a network in between."""
        return self.protocol != "file"


def protocol_of(url: str) -> str:
    """`file`, `sftp` or `s3`. Raises ValueError for another one."""
    scheme = _SCHEME.match(url)
    protocol = "file" if scheme is None else scheme["protocol"]
    if protocol not in PROTOCOLS or (protocol != "file" and not url.startswith(f"{protocol}://")):
        shown = re.sub(r"//[^/]*@", "//...@", url)  # there may be a password in it
        raise ValueError(f"{shown} cannot be used: write file:/folder, sftp://host/folder or s3://bucket/folder")
    return protocol


def folder_of(url: str) -> str:
    """The path of a url's folder on its server: an absolute path, or `bucket/prefix` of s3."""
    if protocol_of(url) == "file":
        return url.removeprefix("file://").removeprefix("file:").rstrip("/") or "/"
    if protocol_of(url) == "s3":
        return url.split("://", 1)[1].rstrip("/")
    return "/" + url.split("://", 1)[1].partition("/")[2].strip("/")
