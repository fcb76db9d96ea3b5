"""How a source is reached: the fields of a sources.yml entry for it, checked. Connecting is in the modules beside it.

A secret is never in the file: an entry names the environment variable that holds it, and the variable is read when the
source is reached, so that a missing one is that source's fault and no other's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SETTLE_SECONDS = {
    "file": 1.0,
    "sftp": 2.0,
    "s3": 0.0,
}  # an object of S3 is complete when it is visible; SFTP gives whole seconds
TIMEOUT_SECONDS = 30.0
RETRIES = 3

_LONGEST_SETTLE_SECONDS = 3600
_LONGEST_TIMEOUT_SECONDS = 600
_MOST_RETRIES = 10
_COMPANIONS = ("optional", "required")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: The last part of a url that stands for every folder found there.
FOLDER_PLACEHOLDER = re.compile(r"/\{(?P<name>switch_id|bank_code)\}/?$")
_SCHEME = re.compile(r"(?P<protocol>[A-Za-z][A-Za-z0-9+.-]*):")

_EVERYWHERE = ("settle_seconds", "companion")
_REMOTE = (*_EVERYWHERE, "timeout_seconds", "retries")
#: The fields an entry may have by the protocol of its url.
FIELDS = {
    "file": (*_EVERYWHERE, "follow_links"),
    "sftp": (*_REMOTE, "username_env", "password_env", "key_file_env", "key_passphrase_env", "known_hosts"),
    "s3": (*_REMOTE, "access_key_env", "secret_key_env", "session_token_env", "endpoint_url", "region"),
}


class AccessError(ValueError):
    """A field that cannot be used; the message begins with its name."""


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
    """`file`, `sftp` or `s3`. Raises AccessError for another one."""
    scheme = _SCHEME.match(url)
    protocol = "file" if scheme is None else scheme["protocol"]
    if protocol not in FIELDS or (protocol != "file" and not url.startswith(f"{protocol}://")):
        shown = re.sub(r"//[^/]*@", "//...@", url)  # there may be a password in it
        raise AccessError(f"url: {shown} cannot be used: write file:/folder, sftp://host/folder or s3://bucket/folder")
    return protocol


def folder_of(url: str) -> str:
    """The path of a url's folder on its server: an absolute path, or `bucket/prefix` of s3."""
    if protocol_of(url) == "file":
        return url.removeprefix("file://").removeprefix("file:").rstrip("/") or "/"
    if protocol_of(url) == "s3":
        return url.split("://", 1)[1].rstrip("/")
    return "/" + url.split("://", 1)[1].partition("/")[2].strip("/")


def read_access(entry: dict[str, Any], url: str, beside: Path) -> Access:
    """The access of an entry; relative paths in it count from the folder `beside`. Raises AccessError."""
    protocol = protocol_of(url)
    if protocol == "file":
        follow_links = entry.get("follow_links", False)
        if not isinstance(follow_links, bool):
            raise AccessError(f"follow_links: {follow_links!r} is neither true nor false")
        return Access(link_root=None if follow_links else folder_of(FOLDER_PLACEHOLDER.sub("", url)))
    timeout_seconds = _number(entry, "timeout_seconds", TIMEOUT_SECONDS, 1, _LONGEST_TIMEOUT_SECONDS)
    retries = entry.get("retries", RETRIES)
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= _MOST_RETRIES:
        raise AccessError(f"retries: {retries!r} is not a valid whole number from 0 to {_MOST_RETRIES}")
    variables = {name: _variable(entry, name) for name in FIELDS[protocol] if name.endswith("_env")}
    common: dict[str, Any] = {"timeout_seconds": timeout_seconds, "retries": retries, **variables}
    return _sftp(entry, url, beside, common) if protocol == "sftp" else _s3(entry, url, common)


def read_settling(entry: dict[str, Any], protocol: str) -> tuple[float | None, bool]:
    """How long a file has to stay as it is (None: as is usual for the protocol), and whether it needs its companion."""
    companion = entry.get("companion", "optional")
    if companion not in _COMPANIONS:
        raise AccessError(f"companion: {companion!r} is none of {', '.join(_COMPANIONS)}")
    settle_seconds = None
    if "settle_seconds" in entry:
        least = 1 if protocol == "sftp" else 0  # two writes within a second have the same time there
        settle_seconds = _number(entry, "settle_seconds", 0.0, least, _LONGEST_SETTLE_SECONDS)
    return settle_seconds, companion == "required"


def _sftp(entry: dict[str, Any], url: str, beside: Path, common: dict[str, Any]) -> Access:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 22
    except ValueError as error:
        raise AccessError(f"url: it cannot be used: {error}") from error
    if not host:
        raise AccessError(f"url: {url} names no host; write sftp://host/folder or sftp://user@host:port/folder")
    if parts.password is not None:
        raise AccessError("url: it holds a password; name the environment variable that has it in password_env")
    if parts.username and entry.get("username_env") is not None:
        raise AccessError("username_env: the url names the user already; write one of the two")
    if entry.get("key_passphrase_env") is not None and entry.get("key_file_env") is None:
        raise AccessError("key_passphrase_env: there is no key_file_env that it belongs to")
    known_hosts = _text(entry, "known_hosts")
    path = Path(known_hosts or "~/.ssh/known_hosts").expanduser()
    return Access("sftp", host, port, parts.username, known_hosts=beside / path, **common)


def _s3(entry: dict[str, Any], url: str, common: dict[str, Any]) -> Access:
    if not folder_of(url).split("/", 1)[0]:
        raise AccessError(f"url: {url} names no bucket; write s3://bucket/folder")
    if "@" in url.split("://", 1)[1].split("/", 1)[0]:
        raise AccessError("url: it holds keys; name the environment variables in access_key_env and secret_key_env")
    if (common["access_key_env"] is None) != (common["secret_key_env"] is None):
        raise AccessError("access_key_env: write it and secret_key_env, or neither")
    endpoint_url = _text(entry, "endpoint_url")
    if endpoint_url is not None:
        parts = urlsplit(endpoint_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AccessError(f"endpoint_url: '{endpoint_url}' is not a valid http:// or https:// address")
        if parts.password is not None:
            raise AccessError("endpoint_url: it holds a password; name environment variables instead")
    return Access("s3", endpoint_url=endpoint_url, region=_text(entry, "region"), **common)


def _number(entry: dict[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = entry.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise AccessError(f"{name}: {value!r} is not a valid number of seconds from {least} to {most}")
    return float(value)


def _text(entry: dict[str, Any], name: str) -> str | None:
    value = entry.get(name)
    if name in entry and (not isinstance(value, str) or not value.strip()):
        raise AccessError(f"{name}: it must be a text")
    return value


def _variable(entry: dict[str, Any], name: str) -> str | None:
    value = _text(entry, name)
    if value is not None and not _VARIABLE_NAME.fullmatch(value):
        # The value is not repeated: somebody may have written the secret itself.
        raise AccessError(
            f"{name}: it is not a valid name of an environment variable (letters, digits and _); never a secret"
        )
    return value
